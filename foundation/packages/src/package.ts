import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from '@containr/sdk';
import { ContainrError, Manifest } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

/** How far a plugin is let in: `first-party` and `trusted` ones run in the control plane, `isolated` ones apart. */
export type Trust = 'first-party' | 'trusted' | 'isolated';

/** An installed plugin: what its package.json says, and how to load its code. */
export interface PluginPackage {
  /** Short name: `git` of `@containr/plugin-git`. */
  readonly name: string;
  readonly version: string;
  readonly directory: string;
  readonly manifest: Manifest;
  /** `first-party` where it is left out. */
  readonly trust?: Trust;
  load(): Promise<Plugin>;
}

/** What a package.json says of a plugin. */
export interface PackageDocument {
  /** Full name, for example `@containr/plugin-git`. */
  readonly package: string;
  readonly name: string;
  readonly version: string;
  readonly manifest: Manifest;
}

/** Reads every package in a folder of plugins; one without the `containr` key is not a plugin. Throws `MANIFEST_INVALID`. */
export async function discover(directory: string): Promise<readonly PluginPackage[]> {
  const found: PluginPackage[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() && !entry.isSymbolicLink()) continue;
    const plugin = await readPackage(join(directory, entry.name));
    if (plugin) found.push(plugin);
  }
  return found;
}

/** The plugin in a folder, to be run in this process; `null` when it holds none. Throws `MANIFEST_INVALID`. */
export async function readPackage(directory: string): Promise<PluginPackage | null> {
  const document = await readDocument(directory);
  if (!document) return null;
  const { name, version, manifest } = document;
  return { name, version, manifest, directory, load: () => importPlugin(directory, document.package) };
}

/** What the package.json in a folder says; `null` when there is none, or it is no plugin's. Throws `MANIFEST_INVALID`. */
export async function readDocument(directory: string): Promise<PackageDocument | null> {
  const path = join(directory, 'package.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return null;
  }
  const document = parse(text, path);
  if (document.containr === undefined) return null;
  const name = document.name.replace(/^@[^/]+\//, '').replace(/^(?:containr-)?plugin-/, '');
  return {
    package: document.name,
    name,
    version: document.version,
    manifest: readManifest(name, document.containr),
  };
}

/** Imports the plugin of a package into this process. Throws `PLUGIN_EXPORT`, and what its modules throw. */
export async function importPlugin(directory: string, packageName: string): Promise<Plugin> {
  const file = createRequire(join(directory, 'package.json')).resolve(packageName);
  const module = (await import(pathToFileURL(file).href)) as { default?: Plugin };
  if (typeof module.default?.setup === 'function') return module.default;
  throw new ContainrError({
    code: 'PLUGIN_EXPORT',
    status: 500,
    detail: `The package ${packageName} has no plugin as its default export.`,
    hint: 'Export definePlugin({ setup }) as the default.',
  });
}

function parse(text: string, path: string): { name: string; version: string; containr?: unknown } {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, version: { type: 'string' } },
    required: ['name', 'version'],
  };
  try {
    return validate(schema, JSON.parse(text), path);
  } catch (cause) {
    throw manifestInvalid(path, cause);
  }
}

/** A manifest with its defaults filled in. Throws `MANIFEST_INVALID` that names the plugin. */
export function readManifest(name: string, manifest: unknown): Manifest {
  try {
    return validate<Manifest>(Manifest, structuredClone(manifest), 'The manifest');
  } catch (cause) {
    throw manifestInvalid(name, cause);
  }
}

function manifestInvalid(what: string, cause: unknown): ContainrError {
  return new ContainrError({
    code: 'MANIFEST_INVALID',
    status: 500,
    detail: `${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'Correct the "containr" key of its package.json.',
    cause,
  });
}
