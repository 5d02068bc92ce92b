import { normalize } from 'node:path/posix';
import type { SourceFile, SourceReader } from '@containr/sdk/contracts';
import type { SourceTree } from './source-tree.ts';
import { jsonOf, largestText } from './source-tree.ts';

const mostLinks = 40;

/** A source of which the listing is here, and the texts that were fetched. */
class ListedTree implements SourceTree {
  readonly #links = new Map<string, string>();
  readonly #files = new Set<string>();
  readonly #folders = new Map<string, Set<string>>([['', new Set()]]);
  readonly #texts: ReadonlyMap<string, string | null>;
  /** Files that were asked for and are not here yet. */
  readonly missing = new Set<string>();

  constructor(files: readonly SourceFile[], texts: ReadonlyMap<string, string | null>) {
    this.#texts = texts;
    for (const { path, mode, target } of files) {
      if (mode === 'link') this.#links.set(path, target ?? '');
      else this.#files.add(path);
      this.#enter(path);
    }
  }

  has(path: string): boolean {
    const found = this.#inside(path);
    return found !== null && this.#files.has(found);
  }

  hasFolder(path: string): boolean {
    const found = this.#inside(path);
    return found !== null && this.#folders.has(found);
  }

  text(path: string): string | null {
    const found = this.#inside(path);
    if (found === null || !this.#files.has(found)) return null;
    const text = this.#texts.get(found);
    if (text === undefined) this.missing.add(found);
    return text ?? null;
  }

  json(path: string): Record<string, unknown> | null {
    const text = this.text(path);
    return text === null ? null : jsonOf(path, text);
  }

  list(path = '.'): readonly string[] {
    const found = this.#inside(path);
    return found === null ? [] : [...(this.#folders.get(found) ?? [])].sort();
  }

  #enter(path: string): void {
    const cut = path.lastIndexOf('/');
    const folder = cut < 0 ? '' : path.slice(0, cut);
    const known = this.#folders.get(folder);
    if (known) known.add(path.slice(cut + 1));
    else {
      this.#folders.set(folder, new Set([path.slice(cut + 1)]));
      this.#enter(folder);
    }
  }

  /** Where a path leads once its links are followed; `null` when that is outside, or nowhere. */
  #inside(path: string): string | null {
    const left = normalize(path).split('/').reverse();
    const at: string[] = [];
    let links = 0;
    for (let part = left.pop(); part !== undefined; part = left.pop()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (at.pop() === undefined) return null;
        continue;
      }
      at.push(part);
      const target = this.#links.get(at.join('/'));
      if (target === undefined) continue;
      if (target.startsWith('/') || (links += 1) > mostLinks) return null;
      at.pop();
      left.push(...target.split('/').reverse());
    }
    return at.join('/');
  }
}

/**
 * Runs pure `work` over a source whose files come from elsewhere: once to learn which it reads, and again with their texts,
 * until it asks for no more. Two or three rounds are usual, and a round takes a millisecond or two.
 */
export async function overSource<T>(source: SourceReader, work: (tree: SourceTree) => T): Promise<T> {
  const files = await source.files();
  const texts = new Map<string, string | null>();
  const tree = new ListedTree(files, texts);
  for (;;) {
    try {
      const result = work(tree);
      if (tree.missing.size === 0) return result;
    } catch (error) {
      if (tree.missing.size === 0) throw error;
    }
    await Promise.all([...tree.missing].map(async (path) => texts.set(path, await source.text(path, largestText))));
    tree.missing.clear();
  }
}
