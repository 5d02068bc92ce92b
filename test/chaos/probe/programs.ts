import child from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { named } from './names.ts';
import type { Passes } from './passes.ts';

type Spawn = (program: string, ...given: unknown[]) => unknown;

/** Names each program that is started: before there is one, and when it runs. */
export function watchPrograms(passes: Passes): void {
  const spawn = child.spawn as Spawn;
  const watched: Spawn = (program, ...given) => {
    const argv = Array.isArray(given[0]) ? given[0].map(String) : [];
    const script = argv.find((one) => /\.m?[jt]s$/.test(one));
    const what = `start ${[program, ...(script ? [script] : [])].map((one) => named(basename(one))).join(' ')}`;
    passes.pass('before', what);
    const result = spawn(program, ...given);
    passes.pass('after', what);
    return result;
  };
  Reflect.set(child, 'spawn', watched);
  syncBuiltinESMExports();
}
