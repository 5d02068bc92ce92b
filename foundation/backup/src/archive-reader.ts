import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import type { Duplex, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { isContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Header } from 'tar-stream';
import { extract } from 'tar-stream';
import { damaged, newer, truncated, wrongPassphrase } from './errors.ts';
import { About, aboutName, format, isNewer, Manifest, manifestName, version } from './manifest.ts';
import { sealedMagic, unseal } from './seal.ts';

/** One entry of an archive. */
export type Entry = AsyncIterable<Uint8Array> & { readonly header: Header; resume(): unknown };

const textBytes = 64 * 1024 * 1024;

/** Whether a file is encrypted, so that one can ask for the passphrase before anything else. */
export async function isSealed(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(sealedMagic.length), 0, sealedMagic.length, 0);
    return buffer.equals(sealedMagic);
  } finally {
    await handle.close();
  }
}

/** The entries of an archive, in order; each one has to be read to its end before the next. */
export async function* entriesOf(
  file: string,
  passphrase: Uint8Array | null,
  signal: AbortSignal,
): AsyncGenerator<Entry> {
  const sealed = await isSealed(file);
  if (sealed && passphrase === null) throw wrongPassphrase();
  const raw = createReadStream(file);
  const tar = extract();
  let failure: Error | null = null;
  try {
    const clear = sealed && passphrase !== null ? unseal(raw, passphrase) : raw;
    const { content, decompress } = await opened(clear);
    const fed = pipeline(content, decompress, tar as unknown as Writable, { signal }).catch((error: unknown) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    for await (const entry of tar as AsyncIterable<Entry>) yield explaining(entry, () => failure);
    await fed;
    assertWhole(failure);
  } catch (error) {
    throw explained(failure ?? error);
  } finally {
    raw.destroy();
  }
}

/**
 * Reads an archive from end to end and compares every part with the manifest; nothing is written. Throws `BACKUP_NEWER`,
 * `BACKUP_DAMAGED`, `BACKUP_TRUNCATED`, `BACKUP_PASSPHRASE`.
 */
export async function verifyArchive(
  file: string,
  passphrase: Uint8Array | null,
  signal: AbortSignal,
  progress: (path: string, bytes: number) => void,
): Promise<{ about: About; manifest: Manifest }> {
  const found = new Map<string, { sizeBytes: number; sha256: string }>();
  let about: About | null = null;
  let manifest: Manifest | null = null;
  let bytes = 0;
  for await (const entry of entriesOf(file, passphrase, signal)) {
    const { name, type, linkname } = entry.header;
    if (manifest) throw damaged('something follows its manifest');
    if (name === aboutName || name === manifestName) {
      const text = await textOf(entry);
      if (name === manifestName) manifest = read<Manifest>(Manifest, text, 'The manifest');
      else about = checkedAbout(text);
      if (name === aboutName) found.set(name, { sizeBytes: text.length, sha256: sha256(text) });
      continue;
    }
    if (!about) throw damaged('it does not begin with what made it');
    const hash = createHash('sha256');
    let sizeBytes = 0;
    if (type === 'symlink') hash.update(linkname ?? '');
    for await (const chunk of entry) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      bytes += chunk.length;
      progress(name, bytes);
    }
    if (type !== 'directory') found.set(name, { sizeBytes, sha256: hash.digest('hex') });
  }
  if (!about || !manifest) throw truncated();
  for (const part of manifest.parts) {
    const own = found.get(part.path);
    if (!own) throw damaged(`"${part.path}" is missing`);
    if (own.sha256 !== part.sha256 || own.sizeBytes !== part.sizeBytes)
      throw damaged(`"${part.path}" is not what was written`);
  }
  if (found.size !== manifest.parts.length) throw damaged('it holds more than its manifest names');
  return { about, manifest };
}

function checkedAbout(text: Buffer): About {
  const about = read<About>(About, text, 'What the backup says of itself');
  if (about.format > format || isNewer(about.version, version)) throw newer(about.version, version);
  return about;
}

function read<T>(schema: typeof About | typeof Manifest, text: Buffer, what: string): T {
  try {
    return validate<T>(schema, JSON.parse(text.toString('utf8')), what);
  } catch (cause) {
    throw damaged(`${what.toLowerCase()} is not readable`, cause);
  }
}

async function textOf(entry: Entry): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of entry) {
    length += chunk.length;
    if (length > textBytes) throw damaged('its manifest is larger than any can be');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Looks at the first bytes for how the rest is compressed. */
async function opened(source: AsyncIterable<Uint8Array>): Promise<{ content: Readable; decompress: Duplex }> {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) throw truncated();
  const head = Buffer.from(first.value.subarray(0, 4));
  async function* all(begin: Uint8Array): AsyncGenerator<Uint8Array> {
    yield begin;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  }
  const content = Readable.from(all(first.value));
  if (head[0] === 0x1f && head[1] === 0x8b) return { content, decompress: createGunzip() };
  if (head.equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))) return { content, decompress: createZstdDecompress() };
  return { content, decompress: new PassThrough() };
}

function assertWhole(failure: Error | null): void {
  if (failure) throw failure;
}

/** The same entry; what keeps it from being read is told as what is wrong with the archive. */
function explaining(entry: Entry, failure: () => unknown): Entry {
  return {
    header: entry.header,
    resume: () => entry.resume(),
    async *[Symbol.asyncIterator]() {
      try {
        yield* entry;
      } catch (error) {
        throw explained(failure() ?? error);
      }
    },
  };
}

function explained(error: unknown): unknown {
  if (isContainrError(error) || !(error instanceof Error) || error.name === 'AbortError') return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR' || /unexpected end|premature close/i.test(error.message)) return truncated(error);
  if (/^(Z_|ZSTD_)/.test(code) || /tar|header|checksum/i.test(error.message)) return damaged(error.message, error);
  return error;
}
