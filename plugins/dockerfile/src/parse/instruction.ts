import { readDockerfileText } from '../lint/syntax/read-dockerfile-text.ts';
import { placesOf } from '../lint/syntax/positions.ts';

/** One instruction of a Dockerfile as a plan needs it, its continuation lines joined. */
export interface Instruction {
  /** Line where it begins, from 1. */
  readonly line: number;
  /** Upper case. */
  readonly keyword: string;
  /** `--from=build` as `['from', 'build']`, in order. */
  readonly flags: readonly (readonly [name: string, value: string])[];
  /** The rest, as one line; bodies of heredocs are left out. */
  readonly value: string;
}

/** Cuts a Dockerfile into instructions: comments, continuation lines, the `escape` directive and heredocs as Docker reads them. */
export function readInstructions(text: string): Instruction[] {
  const place = placesOf(text);
  return readDockerfileText(text).parts.flatMap((part) => {
    if (part.kind !== 'instruction') return [];
    const { keyword, flags, value, start } = part.instruction;
    return [
      {
        line: place(start).line,
        keyword,
        flags: flags.map((flag) => [flag.name, flag.value] as const),
        value: value.text,
      },
    ];
  });
}
