import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { relative, resolve } from 'node:path';
import { named } from './names.ts';
import type { Passes } from './passes.ts';

type Work = (...given: unknown[]) => unknown;

/** Names what becomes true by a file that is moved into its place, and what is removed, below the data folder. */
export function watchFiles(passes: Passes, data: string): void {
  const root = resolve(data);
  const inside = (path: unknown): string | null => {
    const from = relative(root, resolve(String(path)));
    return from.startsWith('..') ? null : named(from);
  };
  const wrap = (on: object, name: string, verb: string, which: 0 | 1): void => {
    const work = Reflect.get(on, name) as Work;
    Reflect.set(on, name, (...given: unknown[]): unknown => {
      const path = inside(given[which]);
      if (path === null) return work(...given);
      passes.pass('before', `${verb} ${path}`);
      const result = work(...given);
      if (!(result instanceof Promise)) passes.pass('after', `${verb} ${path}`);
      else
        return result.then((value: unknown) => {
          passes.pass('after', `${verb} ${path}`);
          return value;
        });
      return result;
    });
  };
  wrap(fs, 'renameSync', 'rename to', 1);
  wrap(fs.promises, 'rename', 'rename to', 1);
  wrap(fs, 'linkSync', 'link to', 1);
  wrap(fs.promises, 'link', 'link to', 1);
  wrap(fs, 'rmSync', 'remove', 0);
  wrap(fs.promises, 'rm', 'remove', 0);
  wrap(fs, 'unlinkSync', 'remove', 0);
  wrap(fs.promises, 'unlink', 'remove', 0);
  syncBuiltinESMExports();
}
