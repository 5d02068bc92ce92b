import childProcess from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';

/** One start of a process, as the operating system is told: no shell is hidden in it any more. */
export interface Started {
  readonly file: string;
  readonly argv: readonly string[];
  /** Names of the variables only: values are secrets. */
  readonly variables: readonly string[];
}

/** Marks what a test starts itself. */
export const ownMark = 'CONTAINR_TEST_OWN';

const shells = new Set(['sh', 'bash', 'dash', 'zsh', 'ash', 'ksh', 'fish']);

/**
 * Sees every process that this one starts, beneath whatever started it. Started with `--import` in another process it writes them
 * to the file that `CONTAINR_TEST_SPY` names, a line of JSON each.
 */
export function spyOnProcesses(heard: (started: Started) => void): () => void {
  const { ChildProcess } = childProcess;
  const prototype = ChildProcess.prototype as unknown as {
    spawn: (this: unknown, options: { file: string; args?: string[]; envPairs?: string[] }) => unknown;
  };
  const { spawn } = prototype;
  const tell = (file: string, args: readonly string[], pairs: readonly string[]): void => {
    if (!pairs.some((pair) => pair.startsWith(`${ownMark}=`)))
      heard({ file, argv: args, variables: pairs.map((pair) => pair.split('=')[0] ?? '') });
  };
  prototype.spawn = function (options) {
    tell(options.file, options.args ?? [options.file], options.envPairs ?? []);
    return spawn.call(this, options);
  };
  const undo: (() => void)[] = [() => (prototype.spawn = spawn)];
  for (const name of ['spawnSync', 'execFileSync', 'execSync'] as const) {
    const real = childProcess[name] as (...given: unknown[]) => unknown;
    const seen = (...given: unknown[]): unknown => {
      const args = Array.isArray(given[1]) ? (given[1] as string[]) : [];
      const options = given.findLast((one) => typeof one === 'object' && !Array.isArray(one)) as
        { shell?: unknown; env?: Record<string, string> } | undefined;
      const shell = name === 'execSync' || Boolean(options?.shell);
      const argv = shell ? ['sh', '-c', [String(given[0]), ...args].join(' ')] : [String(given[0]), ...args];
      tell(
        argv[0] ?? '',
        argv,
        Object.keys(options?.env ?? {}).map((one) => `${one}=`),
      );
      return real(...given);
    };
    Object.assign(childProcess, { [name]: seen });
    undo.push(() => Object.assign(childProcess, { [name]: real }));
  }
  syncBuiltinESMExports();
  return () => {
    for (const one of undo) one();
    syncBuiltinESMExports();
  };
}

/** What is wrong with a start: a shell that is given a text, or a text of an outsider where a program looks for options. */
export function wrongWith({ file, argv }: Started, outside: (text: string) => boolean): string | null {
  const words = [file, ...argv.slice(1)];
  const shell = words.findIndex((word, at) => shells.has(basename(word)) && /^-[a-z]*c/.test(words[at + 1] ?? ''));
  if (shell >= 0) return `a shell is given a text: ${JSON.stringify(words)}`;
  let options = true;
  for (const word of words.slice(1)) {
    if (word === '--' || word === '--end-of-options') options = false;
    // What stands behind the equals sign of an option of ours is its value.
    if (options && word.startsWith('-') && outside(word.split('=')[0] ?? ''))
      return `a text is an option: ${JSON.stringify(words)}`;
  }
  return null;
}

const file = process.env['CONTAINR_TEST_SPY'];
if (file) spyOnProcesses((started) => appendFileSync(file, `${JSON.stringify(started)}\n`));
