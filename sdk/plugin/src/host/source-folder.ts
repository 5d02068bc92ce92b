import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { SourceFile } from '../contracts/source.ts';

const aTurn = 200;

/** A folder as a source: its files, and bounded readings that never leave it. */
export class SourceFolder {
  readonly #directory: string;
  #files: Promise<readonly SourceFile[]> | undefined;

  /** `directory` is absolute, and does not change any more. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** All files and links, sorted by path; read once. Sockets and the like are left out. */
  files(): Promise<readonly SourceFile[]> {
    this.#files ??= listFiles(this.#directory);
    return this.#files;
  }

  /** The first `maxBytes` of a file, and its whole size; `null` for what is no file inside of the folder. */
  async read(path: string, maxBytes: number): Promise<{ bytes: Buffer; size: number } | null> {
    const real = await this.#inside(path);
    const file = real === null ? null : await open(real, 'r').catch(() => null);
    if (file === null) return null;
    try {
      const found = await file.stat();
      if (!found.isFile()) return null;
      const bytes = Buffer.alloc(Math.min(found.size, maxBytes));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      return { bytes: bytes.subarray(0, bytesRead), size: found.size };
    } finally {
      await file.close();
    }
  }

  async #inside(path: string): Promise<string | null> {
    if (path.includes('\0')) return null;
    try {
      const root = await realpath(this.#directory);
      const real = await realpath(join(root, path));
      // Opening a pipe waits for a writer; a source has none, but a folder on somebody's disk may.
      return real.startsWith(root + sep) && lstatSync(real).isFile() ? real : null;
    } catch {
      return null;
    }
  }
}

/** Asking the file system in this thread is five times as fast as asking a pool of them; others get a turn in between. */
async function listFiles(root: string): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = [];
  const folders = [''];
  let asked = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isSymbolicLink())
        files.push({ path, size: 0, mode: 'link', target: readlinkSync(join(root, path)) });
      else if (entry.isFile()) {
        const { size, mode } = lstatSync(join(root, path));
        files.push({ path, size, mode: (mode & 0o111) === 0 ? 'file' : 'executable' });
      }
      if ((asked += 1) % aTurn === 0) await turn();
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
