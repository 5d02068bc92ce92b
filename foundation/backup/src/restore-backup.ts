import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { adoptDatabase } from '@containr/postgres';
import type { Logger } from '@containr/sdk';
import type { Entry } from './archive-reader.ts';
import { entriesOf, verifyArchive } from './archive-reader.ts';
import { databaseFolder } from './copy-database.ts';
import { filesFolder } from './create-backup.ts';
import { damaged, folderInUse } from './errors.ts';
import type { About } from './manifest.ts';

/** How a backup is brought back. */
export interface RestoreOptions {
  readonly file: string;
  /** Data folder to make; new or empty. */
  readonly data: string;
  readonly passphrase: Uint8Array | null;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Told after each piece: which pass, what is being read, and bytes read so far in it. */
  readonly progress?: (pass: 'check' | 'write', path: string, bytes: number) => void;
}

/**
 * Brings an install back into a new or empty folder. The whole archive is checked before anything is written; a restore that
 * fails leaves the folder empty. Throws `RESTORE_NOT_EMPTY` and what {@link verifyArchive} throws.
 */
export async function restoreBackup(options: RestoreOptions): Promise<About> {
  const { file, passphrase, signal, progress = () => undefined } = options;
  const data = resolve(options.data);
  if ((await readdir(data).catch(missing)).length > 0) throw folderInUse(data);
  const { about } = await verifyArchive(file, passphrase, signal, (path, bytes) => progress('check', path, bytes));
  await mkdir(data, { recursive: true, mode: 0o700 });
  let bytes = 0;
  const written = (path: string, count: number): void => progress('write', path, (bytes += count));
  try {
    await adoptDatabase(data, (database) => extractAll(options, { database, files: data }, written), options.log);
  } catch (error) {
    for (const name of await readdir(data)) await rm(join(data, name), { recursive: true, force: true });
    throw error;
  }
  return about;
}

async function extractAll(
  options: RestoreOptions,
  to: { readonly database: string; readonly files: string },
  written: (path: string, bytes: number) => void,
): Promise<void> {
  const links = new Set<string>();
  for await (const entry of entriesOf(options.file, options.passphrase, options.signal)) {
    const [top = '', ...rest] = entry.header.name.replace(/\/$/, '').split('/');
    const base = top === databaseFolder ? to.database : top === filesFolder ? to.files : null;
    if (base === null || rest.length === 0) entry.resume();
    else await place(entry, inside(base, rest.join('/')), base, links);
    written(entry.header.name, entry.header.size ?? 0);
  }
}

async function place(entry: Entry, path: string, base: string, links: Set<string>): Promise<void> {
  // Behind a link a path is somewhere else than it reads, and no folder of ours was packed that way.
  for (let above = dirname(path); above !== base; above = dirname(above))
    if (links.has(above)) throw damaged(`"${relative(base, path)}" lies behind a link`);
  const { type, mode = 0o600, linkname = '' } = entry.header;
  if (type === 'directory') {
    await mkdir(path, { recursive: true, mode: 0o700 });
    entry.resume();
  } else if (type === 'symlink') {
    inside(base, relative(base, resolve(dirname(path), linkname)));
    await symlink(linkname, path);
    links.add(path);
    entry.resume();
  } else {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await pipeline(entry, createWriteStream(path, { flags: 'wx', mode: mode & 0o700 }));
  }
}

/** A path below a folder; an archive that names another one was not made by us. */
function inside(base: string, name: string): string {
  const path = resolve(base, name);
  if (!path.startsWith(base + sep)) throw damaged(`"${name}" lies outside the install`);
  return path;
}

function missing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
