import { ContainrError } from '@containr/sdk';
import { DockerfileParser } from 'dockerfile-ast';

const known = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(' '),
);

/** What a plan needs to know of a Dockerfile. */
export interface DockerfileFacts {
  /** Images that come from outside, in order, variables filled in where the file itself says their value. */
  readonly baseImages: readonly string[];
  /** Names of stages, in order; unnamed ones by number. */
  readonly stages: readonly string[];
  /** First TCP port that the target stage exposes. */
  readonly port: number | null;
  /** Whether the target stage says what to start. */
  readonly starts: boolean;
}

/** Reads a Dockerfile. Throws `DOCKERFILE_INVALID` with the line of each fault. */
export function readDockerfile(text: string, target: string | null, name = 'Dockerfile'): DockerfileFacts {
  const file = DockerfileParser.parse(text);
  const faults: string[] = [];
  const globals = new Map(file.getInitialARGs().map((arg) => [arg.getProperty()?.getName() ?? '', arg.getProperty()?.getValue() ?? null]));
  const stages: { name: string; base: string; port: number | null; starts: boolean }[] = [];
  for (const instruction of file.getInstructions()) {
    const keyword = instruction.getKeyword();
    const line = instruction.getRange().start.line + 1;
    const argument = instruction.getArgumentsContent() ?? '';
    if (!known.has(keyword)) faults.push(`line ${line}: ${instruction.getInstruction().slice(0, 40)} is no instruction`);
    else if (argument === '') faults.push(`line ${line}: ${keyword} needs an argument`);
    else if (keyword === 'FROM') stages.push(stageOf(argument, stages, globals));
    else if (stages.length === 0 && keyword !== 'ARG') faults.push(`line ${line}: ${keyword} stands before the first FROM`);
    const stage = stages.at(-1);
    if (stage && keyword === 'EXPOSE') stage.port ??= portOf(argument);
    if (stage && (keyword === 'CMD' || keyword === 'ENTRYPOINT')) stage.starts = true;
  }
  if (stages.length === 0) faults.push('there is no FROM');
  const names = stages.map((stage) => stage.name);
  const last = target === null ? stages.at(-1) : stages.find((stage) => stage.name.toLowerCase() === target.toLowerCase());
  if (target !== null && !last) faults.push(`there is no stage "${target}"; there are: ${names.join(', ')}`);
  if (faults.length > 0 || !last) throw invalidDockerfile(name, faults);
  return { baseImages: externalImages(stages), stages: names, port: inherited(last, stages, (stage) => stage.port), starts: inherited(last, stages, (stage) => stage.starts || null) ?? false };
}

interface Stage {
  readonly name: string;
  readonly base: string;
  port: number | null;
  starts: boolean;
}

function stageOf(argument: string, before: readonly Stage[], globals: ReadonlyMap<string, string | null>): Stage {
  const words = argument.split(/\s+/).filter((word) => !word.startsWith('--'));
  const alias = words[1]?.toLowerCase() === 'as' ? words[2] : undefined;
  return { name: alias ?? String(before.length), base: substitute(words[0] ?? '', globals), port: null, starts: false };
}

/** `$NAME`, `${NAME}` and `${NAME:-default}` of global build arguments; what has no value stays as it is written. */
function substitute(text: string, values: ReadonlyMap<string, string | null>): string {
  return text.replace(/\$(?:\{([A-Za-z_]\w*)(?::-([^}]*))?\}|([A-Za-z_]\w*))/g, (whole, braced?: string, fallback?: string, bare?: string) => values.get(braced ?? bare ?? '') ?? fallback ?? whole);
}

function externalImages(stages: readonly Stage[]): readonly string[] {
  const own = new Set<string>();
  const images = new Set<string>();
  for (const stage of stages) {
    if (stage.base !== 'scratch' && !own.has(stage.base.toLowerCase()) && !stage.base.includes('$')) images.add(stage.base);
    own.add(stage.name.toLowerCase());
  }
  return [...images];
}

function inherited<T>(from: Stage, stages: readonly Stage[], read: (stage: Stage) => T | null): T | null {
  let stage: Stage | undefined = from;
  for (let depth = 0; stage && depth <= stages.length; depth += 1) {
    const found = read(stage);
    if (found !== null) return found;
    const base: string = stage.base.toLowerCase();
    stage = stages.slice(0, stages.indexOf(stage)).find((other) => other.name.toLowerCase() === base);
  }
  return null;
}

function portOf(argument: string): number | null {
  for (const word of argument.split(/\s+/)) {
    const match = /^(\d{1,5})(?:-\d+)?(?:\/(tcp|udp))?$/i.exec(word);
    if (match && match[2]?.toLowerCase() !== 'udp') return Number(match[1]);
  }
  return null;
}

function invalidDockerfile(name: string, faults: readonly string[]): ContainrError {
  return new ContainrError({
    code: 'DOCKERFILE_INVALID',
    status: 422,
    detail: `${name} can't be built: ${faults.slice(0, 5).join('; ')}.`,
    hint: `Correct ${name} and deploy again.`,
  });
}
