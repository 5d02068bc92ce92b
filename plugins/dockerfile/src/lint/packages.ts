import type { Step } from './model.ts';
import type { Options } from './options.ts';
import { readOptions } from './options.ts';
import type { Report } from './rule.ts';
import type { Command } from './syntax/shell.ts';
import type { Word } from './syntax/words.ts';

/** One call of a package manager. */
export interface Call {
  readonly command: Command;
  /** First operand: `install`. */
  readonly verb: string;
  readonly verbWord: Word;
  /** What follows the verb. */
  readonly packages: readonly Word[];
  readonly options: Options;
}

/** Finds the calls of programs in a step. `valued`: options that take the next word. */
export function callsOf(step: Step, programs: RegExp, valued: ReadonlySet<string>): Call[] {
  return step.commands.flatMap((command) => {
    const own = programs.test(command.name) ? command : asModule(command, programs);
    if (!own) return [];
    const options = readOptions(own, valued);
    const [verbWord, ...packages] = options.operands;
    return verbWord ? [{ command, verb: verbWord.value, verbWord, packages, options }] : [];
  });
}

/** `python3 -m pip …` as `pip …`. */
function asModule(command: Command, programs: RegExp): Pick<Command, 'args'> | null {
  if (!/^python[0-9.]*$/.test(command.name)) return null;
  const at = command.args.findIndex(({ value }) => value === '-m');
  const module = command.args[at + 1];
  return at >= 0 && module && programs.test(module.value) ? { args: command.args.slice(at + 2) } : null;
}

/** Whether a cache or memory is mounted on one of these folders. */
export function mounted({ mounts }: Step, folder: RegExp): boolean {
  return mounts.some(({ type, target }) => (type === 'cache' || type === 'tmpfs') && folder.test(target));
}

/** Whether a command of the step from `from` on removes what lies in a folder. */
export function removes({ commands }: Step, folder: RegExp, from: number): boolean {
  return commands.some(
    ({ name, args, start }) => start >= from && name === 'rm' && args.some(({ value }) => folder.test(value)),
  );
}

/** Whether nobody can say what a word is: it is nothing but a variable. */
export function isUnknown({ value }: Word): boolean {
  return /^\$(?:\{[^}]*\}|\w+|\()/.test(value);
}

/** Reports words that should carry a version, all in one finding; `example` shows how to write one. */
export function reportOpen(open: readonly Word[], example: string, report: Report): void {
  const [first] = open;
  if (first)
    report(
      first,
      `Without a version a rebuild may get another package: ${open
        .map(({ value }) => value)
        .join(', ')
        .slice(0, 120)}. Write ${example}.`,
    );
}
