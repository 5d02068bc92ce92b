import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { ContainrError } from '@containr/sdk';
import { unpackArchive } from '@containr/sdk/host';
import { valid } from 'semver';
import type { PackageDocument } from './package.ts';
import { readDocument } from './package.ts';

/** Largest archive that is taken; it is kept whole in the database. */
export const maxArchiveBytes = 32 * 1024 ** 2;

const limits = { maxBytes: 256 * 1024 ** 2, maxEntries: 20_000 };
const plainName = /^[a-z][a-z0-9-]{0,39}$/;

/**
 * Unpacks the archive of a plugin (an npm pack, or its folder as a tar.gz) into a fresh folder below `root`, and checks it.
 * The folder belongs to the caller. Throws `ARCHIVE_…`, `PACKAGE_INVALID`, `MANIFEST_INVALID`; then nothing is left.
 */
export async function unpackPackage(
  archive: Uint8Array,
  root: string,
): Promise<{ directory: string; staging: string; document: PackageDocument }> {
  const staging = join(root, `.new-${randomUUID()}`);
  await mkdir(staging, { recursive: true, mode: 0o700 });
  try {
    await unpackArchive(Readable.from([archive]), staging, limits);
    const directory = await packageFolder(staging);
    await refuseLinks(directory);
    const document = await readChecked(directory);
    return { directory, staging, document };
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

/** Moves what was unpacked to its place, whole; when it is there already, that one stays. */
export async function placePackage(unpacked: { directory: string; staging: string }, place: string): Promise<void> {
  try {
    await mkdir(dirname(place), { recursive: true, mode: 0o755 });
    await rename(unpacked.directory, place);
  } catch (error) {
    if (!(await exists(place))) throw error;
  } finally {
    await rm(unpacked.staging, { recursive: true, force: true });
  }
}

/** Whether something is at a path. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

// npm packs below `package/`; a folder that was packed by hand has one top folder, or none.
async function packageFolder(staging: string): Promise<string> {
  if (await exists(join(staging, 'package.json'))) return staging;
  const entries = await readdir(staging, { withFileTypes: true });
  const [only] = entries;
  if (entries.length === 1 && only?.isDirectory() && (await exists(join(staging, only.name, 'package.json'))))
    return join(staging, only.name);
  throw invalid(
    'The archive has no package.json at its top, nor in its only folder.',
    'Pack the plugin with npm pack.',
  );
}

// A link that stays inside the archive may still lead out of the package; npm packs none.
async function refuseLinks(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) continue;
    throw new ContainrError({
      code: 'ARCHIVE_UNSAFE',
      status: 422,
      detail: `The archive's entry ${JSON.stringify(entry.name)} is a link, which a plugin may not have.`,
      hint: 'Pack the plugin with npm pack, which follows none.',
    });
  }
}

async function readChecked(directory: string): Promise<PackageDocument> {
  const document = await readDocument(directory);
  if (!document)
    throw invalid('Its package.json has no "containr" key, so it is no plugin.', 'Add the manifest, or pack a plugin.');
  if (!plainName.test(document.name) || document.name === 'kernel')
    throw invalid(
      `${JSON.stringify(document.name)} can't be a plugin's name.`,
      'Lower-case letters, digits and dashes, at most 40, beginning with a letter.',
    );
  if (valid(document.version) !== document.version)
    throw invalid(`${JSON.stringify(document.version)} is no version.`, 'Use one like 1.2.3.');
  const { manifest } = document;
  for (const file of [manifest.ui, manifest.agent, ...Object.values(manifest.programs ?? {})]) {
    if (file === undefined) continue;
    const path = join(directory, file);
    if (!path.startsWith(`${directory}/`) || !(await exists(path)))
      throw invalid(`Its manifest names ${file}, which is not in the package.`, 'Build the plugin before you pack it.');
  }
  let entry: string;
  try {
    entry = createRequire(join(directory, 'package.json')).resolve(document.package);
  } catch {
    throw invalid('Its package.json exports no module as ".".', 'Add "exports": { ".": "./dist/plugin.js" }.');
  }
  if (!entry.startsWith(`${directory}/`) || !(await exists(entry)))
    throw invalid(
      'What its package.json exports as "." is not in the package.',
      'Build the plugin before you pack it.',
    );
  return document;
}

function invalid(detail: string, hint: string): ContainrError {
  return new ContainrError({ code: 'PACKAGE_INVALID', status: 422, detail, hint });
}
