import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveWriter, Bytes } from './archive-writer.ts';

const attempts = 5;

/**
 * Copies a folder that may be written to meanwhile. Inside a Git repository, references come first and packs last: what a
 * reference names is in the copy then. When something vanished (a repack), what is new is taken in too.
 */
export async function* copyFolder(
  writer: ArchiveWriter,
  path: string,
  from: string,
  skip: (path: string) => boolean = () => false,
): Bytes {
  const taken = new Set<string>();
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (yield* copyNew(writer, path, from, skip, taken)) return;
  }
}

/** Copies what was not taken yet; `false` when something vanished before it could be read. */
async function* copyNew(
  writer: ArchiveWriter,
  path: string,
  from: string,
  skip: (path: string) => boolean,
  taken: Set<string>,
): Bytes<boolean> {
  if (!taken.has(path)) yield* writer.folder(path);
  taken.add(path);
  let whole = true;
  for (const entry of (await readdir(from, { withFileTypes: true }).catch(() => [])).sort(byRank)) {
    const name = `${path}/${entry.name}`;
    if (skip(name)) continue;
    if (entry.isDirectory()) whole = (yield* copyNew(writer, name, join(from, entry.name), skip, taken)) && whole;
    else if (!taken.has(name)) {
      if (yield* writer.file(name, join(from, entry.name))) taken.add(name);
      else whole = false;
    }
  }
  return whole;
}

const last = ['objects', 'pack'];

function byRank(a: Dirent, b: Dirent): number {
  return last.indexOf(a.name) - last.indexOf(b.name) || (a.name < b.name ? -1 : 1);
}
