import { dockerfileInvalid } from '../dockerfile-error.ts';
import type { Instruction } from './instruction.ts';
import { substitute, unquote } from './substitute.ts';

/** One stage of a Dockerfile. */
export interface Stage {
  /** Lower case; its number when it has no name. */
  readonly name: string;
  readonly line: number;
  /** Image or earlier stage that it is built on, arguments put in. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

const known = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  ),
);
const mayBeEmpty = new Set(['CMD', 'ENTRYPOINT']);

/** Arguments that every builder knows; a plan is for this platform. */
const builtIn: readonly (readonly [string, string])[] = [
  ['TARGETOS', 'linux'],
  ['BUILDOS', 'linux'],
  ['TARGETARCH', process.arch === 'arm64' ? 'arm64' : 'amd64'],
  ['BUILDARCH', process.arch === 'arm64' ? 'arm64' : 'amd64'],
];

/** Reads `NAME=value …` of an ARG; a name without a value keeps `given`, or stays unset. */
export function readArguments(value: string, into: Map<string, string>, given: ReadonlyMap<string, string>): void {
  for (const match of value.matchAll(/([A-Za-z_][A-Za-z0-9_]*)(=("[^"]*"|'[^']*'|\S*))?/g)) {
    const [, name = '', , text] = match;
    const chosen = given.get(name) ?? (text === undefined ? undefined : substitute(unquote(text), into));
    if (chosen !== undefined) into.set(name, chosen);
  }
}

/**
 * Orders instructions into stages. Throws `DOCKERFILE_INVALID` with the line: an unknown instruction, one before FROM, one
 * without its argument, a FROM that is not well formed, an empty file.
 */
export function readStages(
  path: string,
  instructions: readonly Instruction[],
  given: ReadonlyMap<string, string>,
): Stage[] {
  const globals = new Map(builtIn);
  const stages: { name: string; line: number; base: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructions) {
    const { keyword, line, value } = instruction;
    if (!known.has(keyword))
      throw dockerfileInvalid(
        path,
        line,
        `"${keyword.slice(0, 40)}" is no instruction of a Dockerfile.`,
        `Correct line ${line}; a continued line before it needs a \\ at its end.`,
      );
    if (value === '' && !mayBeEmpty.has(keyword))
      throw dockerfileInvalid(
        path,
        line,
        `${keyword} has no argument.`,
        `Say in line ${line} what ${keyword} is about, or take it out.`,
      );
    const stage = stages.at(-1);
    if (keyword === 'FROM') stages.push(readFrom(path, instruction, globals, stages.length));
    else if (stage) stage.instructions.push(instruction);
    else if (keyword === 'ARG') readArguments(value, globals, given);
    else
      throw dockerfileInvalid(
        path,
        line,
        `${keyword} stands before the first FROM.`,
        'Begin with FROM and an image; only ARG may stand before it.',
      );
  }
  if (stages.length === 0)
    throw dockerfileInvalid(
      path,
      null,
      'There is no FROM in it.',
      'Begin with FROM and an image, for example FROM node:24-slim.',
    );
  return stages;
}

function readFrom(
  path: string,
  from: Instruction,
  globals: ReadonlyMap<string, string>,
  index: number,
): { name: string; line: number; base: string; instructions: Instruction[] } {
  const parts = from.value.split(/\s+/);
  const [image = '', as, name, ...more] = parts;
  const named = parts.length === 3 && as?.toLowerCase() === 'as';
  if ((parts.length !== 1 && !named) || more.length > 0) {
    throw dockerfileInvalid(
      path,
      from.line,
      'FROM takes an image and, if wanted, AS and a name.',
      `Write line ${from.line} as FROM image AS name.`,
    );
  }
  if (named && !/^[A-Za-z][A-Za-z0-9_.-]*$/.test(name ?? ''))
    throw dockerfileInvalid(
      path,
      from.line,
      `"${name ?? ''}" can't be the name of a stage.`,
      'Use letters, digits, "-", "_" and "."; begin with a letter.',
    );
  const base = substitute(image, globals);
  if (base === '')
    throw dockerfileInvalid(
      path,
      from.line,
      `The image of FROM is empty: ${image} has no value.`,
      'Give the ARG before FROM a default value.',
    );
  return { name: (name ?? String(index)).toLowerCase(), line: from.line, base, instructions: [] };
}
