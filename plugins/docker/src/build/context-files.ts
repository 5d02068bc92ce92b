import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import dockerignore from '@balena/dockerignore';
import type { FileStat } from './messages.ts';

// Go's bits for what is not a plain file.
const directoryBit = 0x80000000;
const linkBit = 0x08000000;
const firstSecond = Date.UTC(2020, 0, 1) / 1000;
const secondsOfYear = 31_536_000;

/** One entry that a build asks for; `content` is given for plain files. */
export interface ContextFile {
  readonly stat: FileStat;
  readonly content: (() => Promise<Buffer>) | null;
}

/** What a builder asks of a folder. */
export interface ContextQuery {
  /** Patterns of `.dockerignore`. */
  readonly excluded: readonly string[];
  /** Paths or folders to send; empty: all. */
  readonly included: readonly string[];
  /** Like `included`, with links followed. */
  readonly followed: readonly string[];
  /** Paths sent whatever is excluded. */
  readonly kept: readonly string[];
}

/** A few files made up for a build, by path. */
export function madeUpFiles(files: Readonly<Record<string, string>>): ContextFile[] {
  return Object.entries(files)
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([path, text]) => {
      const bytes = Buffer.from(text);
      return { stat: fileStat(path, 0o644, bytes.length, contentTime(bytes), ''), content: async () => bytes };
    });
}

/** Walks a build's folder in the order that the transfer needs: by name in each folder, a folder before what is in it. */
export async function* contextFiles(root: string, query: ContextQuery): AsyncGenerator<ContextFile> {
  const filter = dockerignore.default().add([...query.excluded]);
  const mayReturn = query.excluded.some((pattern) => pattern.startsWith('!'));
  const wanted = [...query.included.map(clean), ...(await followLinks(root, query.followed))];
  const all = wanted.length === 0 || wanted.includes('.');

  function isKept(path: string): boolean {
    return query.kept.some((kept) => kept === path || kept.startsWith(`${path}/`));
  }
  function isWanted(path: string): boolean {
    return (
      all ||
      wanted.some((each) => each === path || path.startsWith(`${each}/`) || each.startsWith(`${path}/`)) ||
      isKept(path)
    );
  }

  async function* walk(folder: string): AsyncGenerator<ContextFile> {
    const names = (await readdir(join(root, folder)))
      .map((name) => Buffer.from(name))
      .sort((a, b) => Buffer.compare(a, b));
    for (const name of names) {
      const path = folder === '' ? name.toString() : `${folder}/${name.toString()}`;
      if (!isWanted(path)) continue;
      const ignored = filter.ignores(path) && !isKept(path);
      const stat = await lstat(join(root, path));
      if (!stat.isDirectory()) {
        if (!ignored) yield await contextFile(root, path, stat);
        continue;
      }
      if (ignored && !mayReturn) continue;
      const below = walk(path);
      // An ignored folder is sent only for the sake of what comes back below it.
      const first = ignored ? await below.next() : null;
      if (first?.done) continue;
      yield { stat: fileStat(path, (stat.mode & 0o777) + directoryBit, 0, '0', ''), content: null };
      if (first) yield first.value;
      yield* below;
    }
  }
  yield* walk('');
}

async function contextFile(root: string, path: string, stat: Stats): Promise<ContextFile> {
  const file = join(root, path);
  if (stat.isSymbolicLink()) {
    const target = await readlink(file);
    return { stat: fileStat(path, 0o777 + linkBit, 0, contentTime(Buffer.from(target)), target), content: null };
  }
  return {
    stat: fileStat(path, stat.mode & 0o777, stat.size, contentTime(await readFile(file)), ''),
    content: () => readFile(file),
  };
}

function fileStat(path: string, mode: number, size: number, modTime: string, linkname: string): FileStat {
  return { path, mode, uid: 0, gid: 0, size, modTime, linkname };
}

// BuildKit keeps what it was sent before and compares times and sizes: a time out of the content lets it see exactly the
// changes, however often the source is unpacked.
function contentTime(bytes: Uint8Array): string {
  const hash = createHash('sha256').update(bytes).digest();
  const seconds = firstSecond + (hash.readUInt32BE(0) % secondsOfYear);
  return `${seconds}${String(hash.readUInt32BE(4) % 1_000_000_000).padStart(9, '0')}`;
}

function clean(path: string): string {
  const plain = normalize(path).replace(/^\/+|\/+$/g, '');
  return plain === '' ? '.' : plain;
}

// The wanted paths, patterns filled in, with every link on the way and what it leads to.
async function followLinks(root: string, paths: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  const queue = paths.map(clean);
  for (const path of queue) {
    if (queue.length > 10_000) return ['.'];
    if (path === '.') return ['.'];
    const parts = path.split('/');
    let place = '';
    let diverted = false;
    for (const [index, part] of parts.entries()) {
      const rest = parts.slice(index + 1);
      if (/[*?[\\]/.test(part)) {
        const pattern = dockerignore.default().add([part]);
        for (const name of await readdir(join(root, place)).catch(() => []))
          if (pattern.ignores(name)) queue.push([...(place === '' ? [] : [place]), name, ...rest].join('/'));
        diverted = true;
        break;
      }
      place = place === '' ? part : `${place}/${part}`;
      const target = await readlink(join(root, place)).catch(() => null);
      if (target === null) continue;
      found.add(place);
      const led = clean(join(target.startsWith('/') ? '' : dirname(place), target, ...rest));
      if (!led.startsWith('..') && !found.has(led)) queue.push(led);
      diverted = true;
      break;
    }
    if (!diverted) found.add(path);
  }
  return [...found];
}
