import { createWriteStream } from 'node:fs';
import { access, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import { findHome } from '@containr/postgres';
import type { Bytes } from './archive-writer.ts';
import { ArchiveWriter } from './archive-writer.ts';
import { copyDatabase } from './copy-database.ts';
import { copyFolder } from './copy-folder.ts';
import { fileExists, needsPassphrase, noEmbeddedDatabase, notAllowed } from './errors.ts';
import type { About } from './manifest.ts';
import { aboutName, format, version } from './manifest.ts';
import { seal } from './seal.ts';

/** Folder of an archive that holds what the data folder does, but for the database. */
export const filesFolder = 'files';

/** What is not the install's, or is made anew: sockets and logs, and the agent, which is of this machine and enrols again. */
const leftOut = new Set(['postgres', 'agent', 'console.sock', 'containr.log', 'supervisor']);

/** How a backup is made. */
export interface BackupOptions {
  /** Data folder of the install. */
  readonly data: string;
  /** The file to make; `.zst` and `.gz` at its end say how it is compressed. */
  readonly file: string;
  /** `null`: unencrypted, which has to be said with `unencrypted`. */
  readonly passphrase: Uint8Array | null;
  readonly unencrypted?: boolean;
  readonly signal: AbortSignal;
  /** Told after each piece: what is being copied, and bytes read so far. */
  readonly progress?: (path: string, bytes: number) => void;
}

/**
 * Writes everything that an install keeps into one file: database, key ring, repositories, snapshots and what plugins keep.
 * The install may serve meanwhile. Nothing stands under the file's name until it is whole. Gives the size in bytes.
 * Throws `BACKUP_EXISTS`, `BACKUP_UNENCRYPTED`, `BACKUP_NO_DATABASE`, `BACKUP_FORBIDDEN`.
 */
export async function createBackup(options: BackupOptions): Promise<{ bytes: number }> {
  const { data, file, passphrase } = options;
  if (passphrase === null && !options.unencrypted) throw needsPassphrase();
  if (await exists(file)) throw fileExists(file);
  const about = await aboutOf(data);
  const part = `${file}.part`;
  await rm(part, { force: true });
  try {
    await write(part, about, options);
    if (await exists(file)) throw fileExists(file);
    await rename(part, file);
    return { bytes: (await stat(file)).size };
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function write(part: string, about: About, options: BackupOptions): Promise<void> {
  const { passphrase, signal } = options;
  const writer = new ArchiveWriter(signal, options.progress ?? (() => undefined));
  await pipeline(
    Readable.from(contentOf(writer, about, options.data)),
    compressor(options.file),
    (content: AsyncIterable<Uint8Array>) => (passphrase === null ? content : seal(content, passphrase)),
    createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true }),
    { signal },
  );
}

// The database first: what its rows name is in the folders then, and at most more.
async function* contentOf(writer: ArchiveWriter, about: About, data: string): Bytes {
  yield* writer.text(aboutName, JSON.stringify(about));
  yield* copyDatabase(writer, data);
  yield* writer.folder(filesFolder);
  for (const entry of await readdir(data, { withFileTypes: true })) {
    if (leftOut.has(entry.name)) continue;
    const path = `${filesFolder}/${entry.name}`;
    if (entry.isDirectory()) yield* copyFolder(writer, path, join(data, entry.name));
    else yield* writer.file(path, join(data, entry.name));
  }
  yield* writer.finish();
}

function compressor(file: string): Duplex {
  if (file.endsWith('.gz') || file.endsWith('.tgz')) return createGzip();
  return file.endsWith('.tar') ? new PassThrough() : createZstdCompress();
}

async function aboutOf(data: string): Promise<About> {
  const home = await findHome(data);
  const postgres = await readFile(join(home.data, 'PG_VERSION'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EACCES' ? notAllowed(home.data, error) : noEmbeddedDatabase(data);
  });
  return { format, version, createdAt: new Date().toISOString(), postgres: postgres.trim() };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
