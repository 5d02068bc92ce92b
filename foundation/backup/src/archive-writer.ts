import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { lstat, open, readlink } from 'node:fs/promises';
import type { Manifest } from './manifest.ts';
import { manifestName } from './manifest.ts';
import { tarEnd, tarHeader, tarPadding } from './tar-header.ts';

const readBytes = 262_144;

/** Bytes of an archive as they are asked for; what is returned at the end says how it went. */
export type Bytes<T = void> = AsyncGenerator<Uint8Array, T, undefined>;

/** Gives the bytes of entries one after another and keeps what the manifest says of them. */
export class ArchiveWriter {
  readonly #signal: AbortSignal;
  readonly #progress: (path: string, bytes: number) => void;
  readonly #parts: Manifest['parts'] = [];
  #bytes = 0;

  constructor(signal: AbortSignal, progress: (path: string, bytes: number) => void) {
    this.#signal = signal;
    this.#progress = progress;
  }

  async *folder(path: string): Bytes {
    yield tarHeader({ path: `${path}/`, type: 'folder', mode: 0o700, sizeBytes: 0 });
  }

  async *text(path: string, content: string): Bytes {
    const bytes = Buffer.from(content);
    this.#parts.push({ path, sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    yield* entryOf(path, bytes);
  }

  /**
   * A file or link as it is now; returns `false` when it is gone. A file that shrinks meanwhile is filled up with zeros and
   * one that grows is cut: for the database's files, the log puts both right.
   */
  async *file(path: string, from: string): Bytes<boolean> {
    this.#signal.throwIfAborted();
    const found = await lstat(from).catch(gone);
    if (found?.isSymbolicLink()) {
      const target = await readlink(from);
      this.#parts.push({ path, sizeBytes: 0, sha256: createHash('sha256').update(target).digest('hex') });
      yield tarHeader({ path, type: 'link', mode: 0o700, sizeBytes: 0, target });
      return true;
    }
    if (!found?.isFile()) return found !== null;
    const handle = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW).catch(gone);
    if (!handle) return false;
    try {
      yield* this.#content(handle, path);
    } finally {
      await handle.close();
    }
    return true;
  }

  /** The end of the archive: its manifest. */
  async *finish(): Bytes {
    yield* entryOf(manifestName, Buffer.from(JSON.stringify({ parts: this.#parts } satisfies Manifest)));
    yield tarEnd;
  }

  async *#content(handle: FileHandle, path: string): Bytes {
    const { size, mode } = await handle.stat();
    const hash = createHash('sha256');
    yield tarHeader({ path, type: 'file', mode: mode & 0o777, sizeBytes: size });
    for (let left = size; left > 0;) {
      this.#signal.throwIfAborted();
      const chunk = Buffer.alloc(Math.min(readBytes, left));
      await fill(handle, chunk);
      hash.update(chunk);
      left -= chunk.length;
      this.#bytes += chunk.length;
      yield chunk;
      this.#progress(path, this.#bytes);
    }
    yield tarPadding(size);
    this.#parts.push({ path, sizeBytes: size, sha256: hash.digest('hex') });
  }
}

async function* entryOf(path: string, bytes: Buffer): Bytes {
  yield tarHeader({ path, type: 'file', mode: 0o600, sizeBytes: bytes.length });
  yield bytes;
  yield tarPadding(bytes.length);
}

/** Reads as much as there is; the rest stays zero. */
async function fill(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    const { bytesRead } = await handle.read(chunk, at, chunk.length - at);
    if (bytesRead === 0) return;
    at += bytesRead;
  }
}

function gone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
