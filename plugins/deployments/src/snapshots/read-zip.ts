import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Entry, ZipFile } from 'yauzl';
import { open } from 'yauzl';
import { tooLarge, unsafe } from './errors.ts';
import type { ArchiveEntry, Unpacker } from './unpacker.ts';

const openZip = promisify<string, { lazyEntries: true; autoClose: false; strictFileNames: true }, ZipFile>(open);

/** Reads a zip archive into an unpacker, entry by entry. */
export async function readZip(path: string, unpacker: Unpacker, signal: AbortSignal): Promise<void> {
  const zip = await openZip(path, { lazyEntries: true, autoClose: false, strictFileNames: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const entry = await nextEntry(zip);
      if (!entry) return;
      await unpacker.add(await zipEntry(zip, entry));
    }
  } finally {
    zip.close();
  }
}

function nextEntry(zip: ZipFile): Promise<Entry | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Entry | null>();
  const onEntry = (entry: Entry): void => resolve(entry);
  const onEnd = (): void => resolve(null);
  zip.once('entry', onEntry).once('end', onEnd).once('error', reject);
  zip.readEntry();
  return promise.finally(() => zip.off('entry', onEntry).off('end', onEnd).off('error', reject));
}

async function zipEntry(zip: ZipFile, entry: Entry): Promise<ArchiveEntry> {
  const name = entry.fileName;
  if ((entry.generalPurposeBitFlag & 1) !== 0) throw unsafe(name, 'it is encrypted');
  const mode = entry.externalFileAttributes >>> 16;
  const type = mode & 0o170000;
  if (name.endsWith('/') || type === 0o040000) return { kind: 'directory', name };
  if (type !== 0 && type !== 0o100000 && type !== 0o120000) return { kind: 'other', name, what: 'special file' };
  const content = iterable(await promisify<Entry, Readable>(zip.openReadStream.bind(zip))(entry));
  if (type !== 0o120000) return { kind: 'file', name, executable: (mode & 0o111) !== 0, content };
  if (entry.uncompressedSize > 4096) throw tooLarge('A link in the archive has a target of more than 4096 bytes.');
  return { kind: 'symlink', name, target: await text(content) };
}

/** yauzl's streams keep a `destroyed` of their own, by which an iterator takes their end for an abort. */
function iterable(source: Readable): PassThrough {
  const through = new PassThrough();
  source.on('error', (error) => through.destroy(error));
  through.on('close', () => source.destroy());
  return source.pipe(through);
}
