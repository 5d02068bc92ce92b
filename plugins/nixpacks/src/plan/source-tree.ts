import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { planError } from './plan-error.ts';

const largestText = 1 << 20;

/** A source folder as planning sees it: bounded reads, and nothing outside the folder, whatever links say. */
export class SourceTree {
  readonly #root: string;

  constructor(directory: string) {
    this.#root = realpathSync(directory);
  }

  /** Whether a file is there. */
  has(path: string): boolean {
    const found = this.#inside(path);
    return found !== null && statSync(found).isFile();
  }

  /** Whether a folder is there. */
  hasFolder(path: string): boolean {
    const found = this.#inside(path);
    return found !== null && statSync(found).isDirectory();
  }

  /** First 1 MiB of a file as text, or `null` when it is not there. */
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

  /** A JSON object, or `null` when the file is not there. Throws `PLAN_NOT_FOUND` for text that is no object. */
  json(path: string): Record<string, unknown> | null {
    const text = this.text(path);
    if (text === null) return null;
    try {
      const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        return Object.fromEntries(Object.entries(value));
    } catch (error) {
      throw planError(
        'PLAN_NOT_FOUND',
        `${path} is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`,
        `Correct ${path} and deploy again.`,
      );
    }
    throw planError('PLAN_NOT_FOUND', `${path} holds no JSON object.`, `Correct ${path} and deploy again.`);
  }

  /** Names in a folder, sorted; none when it is not there. */
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
