import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { SourceTree } from './source-tree.ts';
import { jsonOf, largestText } from './source-tree.ts';

/** A folder on this machine, read as it is asked for: what the command line plans. */
export class FolderTree implements SourceTree {
  readonly #root: string;

  constructor(directory: string) {
    this.#root = realpathSync(directory);
  }

  has(path: string): boolean {
    const found = this.#inside(path);
    return found !== null && statSync(found).isFile();
  }

  hasFolder(path: string): boolean {
    const found = this.#inside(path);
    return found !== null && statSync(found).isDirectory();
  }

  text(path: string): string | null {
    const found = this.#inside(path);
    if (found === null || !statSync(found).isFile()) return null;
    if (statSync(found).size <= largestText) return readFileSync(found, 'utf8');
    const file = openSync(found, 'r');
    try {
      const bytes = Buffer.alloc(Math.min(fstatSync(file).size, largestText));
      return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(file);
    }
  }

  json(path: string): Record<string, unknown> | null {
    const text = this.text(path);
    return text === null ? null : jsonOf(path, text);
  }

  list(path = '.'): readonly string[] {
    const found = this.#inside(path);
    return found !== null && statSync(found).isDirectory() ? readdirSync(found).sort() : [];
  }

  #inside(path: string): string | null {
    try {
      const real = realpathSync(join(this.#root, path));
      return real === this.#root || real.startsWith(this.#root + sep) ? real : null;
    } catch {
      return null;
    }
  }
}
