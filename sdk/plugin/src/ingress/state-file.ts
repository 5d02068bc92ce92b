import { readFile, rename, writeFile } from 'node:fs/promises';
import type { JSONSchema } from '../schema.ts';
import { validate } from '../host/validate.ts';

/** The last applied document on disk, so that a restarted ingress serves before the control plane answers. */
export interface StateFile<T> {
  /** The kept document; `none` when there is none or it can't be read. */
  load(none: T): Promise<T>;
  /** Keeps a document, readable by its owner only; of several waiting ones only the newest is written. */
  save(document: T): Promise<void>;
}

/** Opens the state file at a path; its folder exists. */
export function openStateFile<T>(path: string, schema: JSONSchema): StateFile<T> {
  let waiting: T | undefined;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting !== undefined) {
      const document = waiting;
      waiting = undefined;
      await writeFile(`${path}.new`, JSON.stringify(document), { mode: 0o600 });
      await rename(`${path}.new`, path);
    }
  }

  return {
    async load(none) {
      try {
        return validate<T>(schema, JSON.parse(await readFile(path, 'utf8')), 'What the ingress kept');
      } catch {
        return none;
      }
    },
    save(document) {
      waiting = document;
      writing ??= write().finally(() => (writing = undefined));
      return writing;
    },
  };
}
