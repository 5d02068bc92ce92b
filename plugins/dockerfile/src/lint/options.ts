import type { Command } from './syntax/shell.ts';
import type { Word } from './syntax/words.ts';

/** The arguments of a command, told apart. */
export interface Options {
  /** Words that are no option and no value of one. */
  readonly operands: readonly Word[];
  /** Options in order, with their value when they take one: `--tag`, `-t`; a cluster `-yq` also as `-y` and `-q`. */
  readonly given: readonly (readonly [name: string, value: string | null])[];
  /** Whether one of these was given. */
  readonly has: (...names: readonly string[]) => boolean;
}

/** Reads the arguments of a command; `valued` are the options whose value is the next word. What follows `--` is left out. */
export function readOptions({ args }: Pick<Command, 'args'>, valued: ReadonlySet<string>): Options {
  const operands: Word[] = [];
  const given: [string, string | null][] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at];
    if (!word || word.value === '--') break;
    if (!word.value.startsWith('-') || word.value === '-') {
      operands.push(word);
      continue;
    }
    const equals = word.value.indexOf('=');
    const name = equals < 0 ? word.value : word.value.slice(0, equals);
    const next = equals < 0 && valued.has(name) ? (args[(at += 1)]?.value ?? null) : null;
    given.push([name, equals < 0 ? next : word.value.slice(equals + 1)]);
    if (/^-[A-Za-z]{2,}$/.test(name)) for (const letter of name.slice(1)) given.push([`-${letter}`, null]);
  }
  return { operands, given, has: (...names) => given.some(([name]) => names.includes(name)) };
}
