import { createWriteStream } from 'node:fs';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Header } from 'tar-stream';
import { ContainrError } from '../errors.ts';

/** Bounds of an archive; what exceeds them throws `ARCHIVE_TOO_LARGE`. */
export interface ArchiveLimits {
  /** Largest sum of unpacked file sizes. 4 GiB by default. */
  readonly maxBytes?: number;
  /** 500,000 by default. */
  readonly maxEntries?: number;
  /** Takes links that lead out, too: what an agent packed itself. Nothing is ever written through one. */
  readonly anyLinks?: boolean;
}

/**
 * Unpacks a tar.gz from outside into an empty folder. Only folders, files and links that stay inside are taken; anything else
 * (a path or link that leads out, a device, a write through a link) throws `ARCHIVE_UNSAFE`, a broken archive `ARCHIVE_BROKEN`.
 * Modes are reduced to plain and executable.
 */
export async function unpackArchive(
  archive: Readable,
  directory: string,
  options: ArchiveLimits & { signal?: AbortSignal } = {},
): Promise<{ entries: number; bytes: number }> {
  const maxBytes = options.maxBytes ?? 4 * 1024 ** 3;
  const maxEntries = options.maxEntries ?? 500_000;
  const links: [path: string, target: string][] = [];
  const made = new Set<string>();
  let entries = 0;
  let bytes = 0;
  const unpack = extract();
  const reading = pipeline(archive, createGunzip(), unpack, { signal: options.signal });
  reading.catch(() => undefined);
  try {
    for await (const entry of unpack) {
      entries += 1;
      bytes += entry.header.size ?? 0;
      if (entries > maxEntries || bytes > maxBytes) throw tooLarge(maxBytes, maxEntries);
      const path = inside(entry.header.name);
      if (path !== null) await place(entry, entry.header, path);
      entry.resume();
    }
    await reading;
  } catch (error) {
    archive.destroy();
    throw error instanceof ContainrError || options.signal?.aborted ? error : broken(error);
  }
  // Links last: until then no entry can be written through one.
  const linked = new Set(links.map(([path]) => path));
  for (const [path, target] of links) {
    if (ancestors(path).some((ancestor) => linked.has(ancestor))) throw unsafe(path, 'lies behind a link');
    await folder(dirname(path));
    await symlink(target, join(directory, path)).catch((error: NodeJS.ErrnoException) => {
      throw unsafe(path, `is there twice (${error.code ?? 'unknown'})`);
    });
  }
  return { entries, bytes };

  async function place(content: AsyncIterable<unknown>, header: Header, path: string): Promise<void> {
    if (header.type === 'directory') return folder(path);
    if (header.type === 'symlink') {
      const target = header.linkname ?? '';
      links.push([path, options.anyLinks ? target : checkedTarget(path, target)]);
      return;
    }
    if (header.type !== 'file' && header.type !== 'contiguous-file')
      throw unsafe(path, `is a ${header.type ?? 'nameless kind'}`);
    await folder(dirname(path));
    const file = join(directory, path);
    await pipeline(bytesOf(content), createWriteStream(file));
    await chmod(file, (header.mode ?? 0) & 0o100 ? 0o755 : 0o644);
  }

  async function folder(path: string): Promise<void> {
    if (made.has(path)) return;
    await mkdir(join(directory, path), { recursive: true, mode: 0o755 });
    made.add(path);
  }
}

async function* bytesOf(content: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) if (chunk instanceof Uint8Array) yield chunk;
}

// The path inside the folder; `null` for the folder itself.
function inside(name: string): string | null {
  const path = normalize(name).replace(/\/+$/, '');
  if (name.includes('\0') || path.startsWith('/') || path === '..' || path.startsWith(`..${sep}`))
    throw unsafe(name, 'leads out of the folder');
  return path === '.' || path === '' ? null : path;
}

function ancestors(path: string): string[] {
  const parts = path.split(sep);
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(sep));
}

// `..` only in front: behind another link it would lead elsewhere than it reads.
function checkedTarget(path: string, target: string): string {
  const steps = target.split('/');
  const climbsLate = steps.some(
    (step, index) => step === '..' && steps.slice(0, index).some((before) => before !== '..' && before !== '.'),
  );
  if (climbsLate) throw unsafe(path, 'is a link that turns back on its way');
  const resolved = normalize(join(dirname(path), target));
  if (target === '' || target.startsWith('/') || resolved === '..' || resolved.startsWith(`..${sep}`))
    throw unsafe(path, 'is a link that leads out of the folder');
  return target;
}

function unsafe(path: string, what: string): ContainrError {
  return new ContainrError({
    code: 'ARCHIVE_UNSAFE',
    status: 422,
    detail: `The archive's entry ${JSON.stringify(path)} ${what}.`,
    hint: 'Pack only folders, files, and links between them.',
  });
}

function tooLarge(maxBytes: number, maxEntries: number): ContainrError {
  return new ContainrError({
    code: 'ARCHIVE_TOO_LARGE',
    status: 413,
    detail: `The archive unpacks to more than ${maxBytes} bytes or ${maxEntries} entries.`,
    hint: 'Leave out what the build makes itself, such as installed packages.',
  });
}

function broken(cause: unknown): ContainrError {
  return new ContainrError({
    code: 'ARCHIVE_BROKEN',
    status: 422,
    detail: 'The archive ends early or is no tar.gz.',
    hint: 'Pack it again and send it again.',
    cause,
  });
}
