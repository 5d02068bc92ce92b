import { writeWhole } from './write-whole.ts';

/** Files that are written only when their text is another. */
export class SavedFiles {
  readonly #known = new Map<string, string>();

  /** Writes texts by path. */
  async write(texts: ReadonlyMap<string, string>): Promise<void> {
    for (const [path, text] of texts) {
      if (this.#known.get(path) === text) continue;
      await writeWhole(path, text);
      this.#known.set(path, text);
    }
  }
}
