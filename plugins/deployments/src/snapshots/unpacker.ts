import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { entryPath, linkTarget, parents } from './entry-path.ts';
import { limits, tooLarge, unsafe } from './errors.ts';
import type { TreeEntry } from './tree-hash.ts';

/** One entry of an archive, as its format says it. */
export type ArchiveEntry =
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly executable: boolean;
      readonly content: AsyncIterable<Uint8Array>;
    }
  | { readonly kind: 'directory'; readonly name: string }
  | { readonly kind: 'symlink'; readonly name: string; readonly target: string }
  | { readonly kind: 'hardlink'; readonly name: string; readonly target: string }
  | { readonly kind: 'other'; readonly name: string; readonly what: string };

/**
 * Unpacks entries below a folder of our own and remembers what they were. Links are made last, so that nothing is ever
 * written through one. What is under `.git` is left out.
 */
export class Unpacker {
  readonly #root: string;
  readonly #archiveBytes: number;
  readonly #entries = new Map<string, TreeEntry>();
  readonly #folders = new Set<string>(['']);
  #bytes = 0;
  #count = 0;

  constructor(root: string, archiveBytes: number) {
    this.#root = root;
    this.#archiveBytes = archiveBytes;
  }

  /** Takes one entry. Throws `UPLOAD_UNSAFE`, `UPLOAD_TOO_LARGE`. */
  async add(entry: ArchiveEntry): Promise<void> {
    if (++this.#count > limits.entries) throw tooLarge(`The archive has more than ${limits.entries} entries.`);
    if (entry.kind === 'other') throw unsafe(entry.name, `it is a ${entry.what}`);
    const path = entryPath(entry.name);
    if (path === '') {
      if (entry.kind !== 'directory') throw unsafe(entry.name, 'it has no name');
      return;
    }
    const skipped = path === '.git' || path.startsWith('.git/');
    if (skipped) return entry.kind === 'file' ? this.#drain(entry.content) : undefined;
    if (entry.kind === 'directory') return this.#folder(path);
    await this.#makeParents(path);
    if (this.#folders.has(path)) throw unsafe(path, 'it is a folder and a file at once');
    if (entry.kind === 'symlink') {
      await rm(join(this.#root, path), { force: true });
      this.#entries.set(path, { path, mode: 'link', content: linkTarget(path, entry.target) });
    } else if (entry.kind === 'hardlink') await this.#copy(path, entry.target);
    else await this.#file(path, entry.executable, entry.content);
  }

  /** Makes the links and returns all files and links, in the order of their paths. */
  async finish(): Promise<TreeEntry[]> {
    const entries = [...this.#entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    for (const entry of entries) if (entry.mode === 'link') await symlink(entry.content, join(this.#root, entry.path));
    return entries;
  }

  async #folder(path: string): Promise<void> {
    await this.#makeParents(`${path}/x`);
  }

  async #makeParents(path: string): Promise<void> {
    const above = parents(path);
    if (above.every((folder) => this.#folders.has(folder))) return;
    for (const folder of above) {
      if (this.#entries.has(folder)) throw unsafe(path, `"${folder}" is not a folder`);
      this.#folders.add(folder);
    }
    await mkdir(join(this.#root, dirname(path)), { recursive: true, mode: 0o755 });
  }

  async #file(path: string, executable: boolean, content: AsyncIterable<Uint8Array>): Promise<void> {
    const target = join(this.#root, path);
    await rm(target, { force: true });
    const hash = createHash('sha256');
    const file = await open(target, 'wx', executable ? 0o755 : 0o644);
    try {
      for await (const chunk of content) {
        this.#grow(chunk.byteLength);
        hash.update(chunk);
        await file.writeFile(chunk);
      }
    } finally {
      await file.close();
    }
    this.#entries.set(path, { path, mode: executable ? 'executable' : 'file', content: hash.digest('hex') });
  }

  async #copy(path: string, name: string): Promise<void> {
    const source = this.#entries.get(entryPath(name));
    if (!source || source.mode === 'link' || source.path === path)
      throw unsafe(path, 'the hard link leads to nothing in the archive');
    await this.#file(path, source.mode === 'executable', createReadStream(join(this.#root, source.path)));
  }

  async #drain(content: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of content) this.#grow(chunk.byteLength);
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > limits.contentBytes) throw tooLarge('The archive unpacks to more than 2 GiB.');
    if (this.#bytes > limits.ratioFromBytes && this.#bytes > this.#archiveBytes * limits.ratio) {
      throw tooLarge(`The archive unpacks to more than ${limits.ratio} times its size.`);
    }
  }
}
