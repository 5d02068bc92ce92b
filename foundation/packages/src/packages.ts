import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
import type { Plugin } from '@containr/sdk';
import { conflict, ContainrError, notFound } from '@containr/sdk';
import type { PackageVersion } from './chosen.ts';
import { openChosen } from './chosen.ts';
import type { PluginPackage } from './package.ts';
import { importPlugin } from './package.ts';
import { linkProvided } from './provided.ts';
import { exists, placePackage, unpackPackage } from './unpack-package.ts';

/** Plugins that were installed into this install, beside those that came with it. */
export interface Packages {
  /** The version of each that is to serve. The same version and trust is always the same object. */
  current(): Promise<readonly PluginPackage[]>;
  /** Every installed version of one, oldest first. Throws `NOT_FOUND` when it was not installed. */
  versions(name: string): Promise<readonly PackageVersion[]>;
  /** Whether a plugin of this name came with the install, so that there are no versions of it to choose from. */
  cameWithInstall(name: string): boolean;
  /**
   * Reads an archive. `keep` stores it; the first version of a plugin becomes the chosen one. Without it nothing stays.
   * Throws `ARCHIVE_…`, `PACKAGE_INVALID`, `MANIFEST_INVALID`, `CONFLICT_PLUGIN_NAME`, `CONFLICT_PLUGIN_VERSION`.
   */
  read(archive: Uint8Array, from: { by: string; source: string }): Promise<ReadArchive>;
  /** One installed version, to be run under a trust; the chosen ones where they are left out. */
  at(name: string, wish: { version?: string; trust?: 'trusted' | 'isolated' }): Promise<PluginPackage>;
  /** Makes a package that {@link Packages.at} gave the one that serves. */
  choose(plugin: PluginPackage, by: string): Promise<void>;
  /** Forgets one version and removes its folder. Throws `NOT_FOUND`, and `CONFLICT_PLUGIN_VERSION` for the one in use. */
  removeVersion(name: string, version: string): Promise<void>;
  /** Forgets every version and removes its folders. */
  remove(name: string): Promise<void>;
}

/** An archive that was read and found fit. */
export interface ReadArchive {
  readonly version: Omit<PackageVersion, 'installedAt'>;
  /** To be the chosen one, because no other version is installed; else `null`. */
  readonly first: PluginPackage | null;
  keep(): Promise<void>;
  discard(): Promise<void>;
}

/** Opens what is installed below `<data>/packages`. */
export async function openPackages(options: {
  readonly pool: Pool;
  readonly data: string;
  /** Plugins that came with the install: their names are taken, and what they export can be imported. */
  readonly firstParty: readonly PluginPackage[];
  /** Turns a package into a plugin that runs apart; where it is missing, only trusted ones can be enabled. */
  readonly isolate?: ((plugin: PluginPackage) => Promise<Plugin>) | undefined;
}): Promise<Packages> {
  const root = join(options.data, 'packages');
  const chosen = openChosen(options.pool);
  const known = new Map<string, PluginPackage>();
  const taken = new Set(options.firstParty.map((plugin) => plugin.name));
  let linked: Promise<void> | undefined;

  function placeOf({ name, version, sha256 }: Pick<PackageVersion, 'name' | 'version' | 'sha256'>): string {
    return join(root, name, `${version}-${sha256.slice(0, 12)}`);
  }

  async function fetch(row: Pick<PackageVersion, 'name' | 'version' | 'sha256'>): Promise<void> {
    linked ??= linkProvided(root, exportsOf(options.firstParty));
    await linked;
    const place = placeOf(row);
    if (await exists(place)) return;
    const archive = await chosen.archive(row.name, row.version);
    if (!archive) throw notFound('plugin version');
    if (sha256Of(archive) !== row.sha256)
      throw new ContainrError({
        code: 'ARCHIVE_BROKEN',
        status: 500,
        detail: `The stored archive of ${row.name} ${row.version} is not what was installed.`,
        hint: 'Remove the plugin and install it again.',
      });
    await placePackage(await unpackPackage(archive, root), place);
  }

  function packageOf(
    row: Pick<PackageVersion, 'name' | 'version' | 'sha256' | 'package' | 'manifest'>,
    trust: 'trusted' | 'isolated',
  ): PluginPackage {
    const key = `${row.name} ${row.version} ${row.sha256} ${trust}`;
    const directory = placeOf(row);
    const found: PluginPackage = known.get(key) ?? {
      name: row.name,
      version: row.version,
      manifest: row.manifest,
      directory,
      trust,
      async load() {
        await fetch(row);
        if (trust === 'trusted') return importPlugin(directory, row.package);
        if (options.isolate) return options.isolate(found);
        throw new ContainrError({
          code: 'ISOLATION_MISSING',
          status: 409,
          detail: `${row.name} is not trusted, and this install can't run plugins apart.`,
          hint: `If you trust its code with everything that Containr can do: containr plugins trust ${row.name}`,
        });
      },
    };
    known.set(key, found);
    return found;
  }

  async function versions(name: string): Promise<readonly PackageVersion[]> {
    const all = await chosen.versions(name);
    if (all.length === 0) throw notFound(taken.has(name) ? 'version of a plugin that came with the install' : 'plugin');
    return all;
  }

  return {
    versions,
    cameWithInstall: (name) => taken.has(name),
    async current() {
      const rows = await chosen.current();
      return rows.filter((row) => !taken.has(row.name)).map((row) => packageOf(row, row.trust ?? 'isolated'));
    },
    async read(archive, { by, source }) {
      const unpacked = await unpackPackage(archive, root);
      const discard = () => rm(unpacked.staging, { recursive: true, force: true });
      try {
        const { document } = unpacked;
        const { name, version } = document;
        if (taken.has(name))
          throw conflict('CONFLICT_PLUGIN_NAME', `${name} came with this install.`, 'Give the plugin another name.');
        const sha256 = sha256Of(archive);
        const others = await chosen.versions(name);
        const stranger = others.find((other) => other.package !== document.package);
        if (stranger)
          throw conflict(
            'CONFLICT_PLUGIN_NAME',
            `${document.package} would be the plugin "${name}", which ${stranger.package} is already.`,
            `Remove ${name} first, or give the new one another name.`,
          );
        const same = others.find((other) => other.version === version);
        if (same && same.sha256 !== sha256)
          throw conflict(
            'CONFLICT_PLUGIN_VERSION',
            `${name} ${version} is installed already, with other contents.`,
            'Raise the version in its package.json and pack it again.',
          );
        const row = { ...document, sha256, source, installedBy: by };
        return {
          version: {
            ...row,
            bytes: archive.byteLength,
            trust: others.length === 0 ? 'isolated' : (same?.trust ?? null),
          },
          first: others.length === 0 ? packageOf(row, 'isolated') : null,
          discard,
          async keep() {
            await placePackage(unpacked, placeOf(row));
            await chosen.add(row, archive);
          },
        };
      } catch (error) {
        await discard();
        throw error;
      }
    },
    async at(name, wish) {
      const all = await versions(name);
      const now = all.find((one) => one.trust !== null);
      const row = wish.version === undefined ? now : all.find((one) => one.version === wish.version);
      if (!row)
        throw conflict(
          'CONFLICT_PLUGIN_VERSION',
          `${name} ${wish.version ?? ''} is not installed; ${all.map((one) => one.version).join(', ')} ${all.length > 1 ? 'are' : 'is'}.`,
          'Install that version first.',
        );
      return packageOf(row, wish.trust ?? now?.trust ?? 'isolated');
    },
    choose: (plugin, by) =>
      chosen.choose(plugin.name, plugin.version, plugin.trust === 'trusted' ? 'trusted' : 'isolated', by),
    async removeVersion(name, version) {
      const row = (await versions(name)).find((one) => one.version === version);
      if (!row) throw notFound('plugin version');
      // The row says it at the moment of deleting: somebody may choose it just now.
      if (!(await chosen.removeVersion(name, version)))
        throw conflict(
          'CONFLICT_PLUGIN_VERSION',
          `${name} ${version} is the version in use.`,
          `Serve another one first: containr plugins upgrade ${name} VERSION. Or remove the plugin.`,
        );
      for (const key of known.keys()) if (key.startsWith(`${name} ${version} `)) known.delete(key);
      await rm(placeOf(row), { recursive: true, force: true });
    },
    async remove(name) {
      await chosen.remove(name);
      for (const key of known.keys()) if (key.startsWith(`${name} `)) known.delete(key);
      await rm(join(root, name), { recursive: true, force: true });
    },
  };
}

function sha256Of(archive: Uint8Array): string {
  return createHash('sha256').update(archive).digest('hex');
}

// What plugins import of others is their contract: `@containr/plugin-auth/contract`.
function exportsOf(plugins: readonly PluginPackage[]): ReadonlyMap<string, string> {
  return new Map(plugins.map((plugin) => [`@containr/plugin-${plugin.name}`, plugin.directory]));
}
