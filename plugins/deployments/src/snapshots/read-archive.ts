import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isContainrError } from '@containr/sdk';
import type { Header } from 'tar-stream';
import { extract } from 'tar-stream';
import { unreadable } from './errors.ts';
import { readZip } from './read-zip.ts';
import type { ArchiveEntry, Unpacker } from './unpacker.ts';

/** Reads an archive file, whatever its format, into an unpacker. Throws `UPLOAD_UNREADABLE`, and what the unpacker throws. */
export async function readArchive(path: string, unpacker: Unpacker, signal: AbortSignal): Promise<void> {
  const format = await formatOf(path);
  try {
    if (format === 'zip') await readZip(path, unpacker, signal);
    else await readTar(path, format === 'gzip', unpacker, signal);
  } catch (error) {
    if (isContainrError(error) || signal.aborted || isFileSystemError(error)) throw error;
    throw unreadable(
      `The archive can not be read: ${error instanceof Error ? error.message : 'it is damaged'}.`,
      error,
    );
  }
}

async function formatOf(path: string): Promise<'gzip' | 'zip' | 'tar'> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    if (bytesRead >= 2 && buffer[0] === 0x1f && buffer[1] === 0x8b) return 'gzip';
    if (bytesRead >= 4 && buffer.toString('latin1', 0, 2) === 'PK') return 'zip';
    if (bytesRead === 512 && (buffer.toString('latin1', 257, 262) === 'ustar' || buffer.every((byte) => byte === 0)))
      return 'tar';
    throw unreadable('What was sent is no archive that is known here.');
  } finally {
    await file.close();
  }
}

async function readTar(path: string, gzip: boolean, unpacker: Unpacker, signal: AbortSignal): Promise<void> {
  const tar = extract();
  const source = createReadStream(path);
  const fed = (gzip ? pipeline(source, createGunzip(), tar, { signal }) : pipeline(source, tar, { signal })).catch(
    (error: unknown) => {
      tar.destroy(error instanceof Error ? error : undefined);
      throw error;
    },
  );
  // The reader's own error comes first; the pipeline's is the same or follows from it.
  fed.catch(() => undefined);
  try {
    for await (const entry of tar) {
      await unpacker.add(tarEntry(entry.header, bytesOf(entry)));
      entry.resume();
    }
  } catch (error) {
    source.destroy();
    tar.destroy();
    await fed.catch(() => undefined);
    throw error;
  }
  await fed;
}

async function* bytesOf(source: AsyncIterable<unknown>): AsyncIterable<Uint8Array> {
  for await (const chunk of source) if (chunk instanceof Uint8Array) yield chunk;
}

function tarEntry(header: Header, content: AsyncIterable<Uint8Array>): ArchiveEntry {
  const { name } = header;
  switch (header.type) {
    case 'file':
    case 'contiguous-file':
    case undefined:
    case null:
      return { kind: 'file', name, executable: ((header.mode ?? 0) & 0o111) !== 0, content };
    case 'directory':
      return { kind: 'directory', name };
    case 'symlink':
      return { kind: 'symlink', name, target: header.linkname ?? '' };
    case 'link':
      return { kind: 'hardlink', name, target: header.linkname ?? '' };
    default:
      return { kind: 'other', name, what: header.type };
  }
}

function isFileSystemError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOSPC' || error.code === 'EACCES' || error.code === 'EMFILE')
  );
}
