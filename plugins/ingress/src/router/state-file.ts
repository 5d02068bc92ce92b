import { readFile, rename, writeFile } from 'node:fs/promises';
import { RouteTable } from '@containr/sdk/contracts';
import { validate } from '@containr/sdk/host';
import { emptyTable } from './table.ts';

/** The last applied table on disk, so that a restarted ingress serves before the control plane answers. */
export interface StateFile {
  /** The kept table; the empty one when there is none or it can't be read. */
  load(): Promise<RouteTable>;
  /** Keeps a table; of several waiting ones only the newest is written. */
  save(table: RouteTable): Promise<void>;
}

/** Opens the state file at a path; its folder exists. */
export function openStateFile(path: string): StateFile {
  let waiting: RouteTable | undefined;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting) {
      const table = waiting;
      waiting = undefined;
      await writeFile(`${path}.new`, JSON.stringify(table), { mode: 0o600 });
      await rename(`${path}.new`, path);
    }
  }

  return {
    async load() {
      try {
        return validate<RouteTable>(RouteTable, JSON.parse(await readFile(path, 'utf8')), 'The kept route table');
      } catch {
        return emptyTable;
      }
    },
    save(table) {
      waiting = table;
      writing ??= write().finally(() => (writing = undefined));
      return writing;
    },
  };
}
