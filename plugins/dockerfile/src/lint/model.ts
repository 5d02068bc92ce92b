import { substitute } from '../parse/substitute.ts';
import type { Pragmas } from './pragmas.ts';
import { scriptOf } from './run-script.ts';
import type { DockerfileText, Flag, Instruction } from './syntax/read-dockerfile-text.ts';
import type { Command } from './syntax/shell.ts';
import type { Word } from './syntax/words.ts';
import { readJsonForm, readPairs, readWords } from './syntax/words.ts';

/** `--mount` of RUN. */
export interface Mount {
  readonly type: string;
  readonly target: string;
}

/** One instruction where it takes effect; that of ONBUILD stands for itself. */
export interface Step {
  readonly instruction: Instruction;
  readonly onbuild: boolean;
  readonly stage: Stage;
  /** Index among the instructions of the file: neighbours differ by one. */
  readonly index: number;
  /** Of RUN: its commands with the values of known variables put in; empty for shells that are not POSIX. */
  readonly commands: readonly Command[];
  readonly mounts: readonly Mount[];
  /** Words of the value; of JSON form or plain. */
  readonly words: readonly Word[];
  /** Whether the value is of the JSON form. */
  readonly json: boolean;
  /** Words of SHELL that hold here; null for the default. */
  readonly shellWords: readonly string[] | null;
  /** What ENV has set PIP_NO_CACHE_DIR to by then. */
  readonly pipNoCache: string | undefined;
}

/** What follows one FROM; a file that begins without one has an unnamed stage first. */
export interface Stage {
  /** Number by which COPY --from names it; -1 for what stands before the first FROM. */
  readonly index: number;
  readonly from: Step | null;
  readonly image: Word | null;
  /** Lower case. */
  readonly name: Word | null;
  readonly parent: Stage | null;
  readonly steps: readonly Step[];
  /** Values of ENV and ARG at its end. */
  readonly variables: ReadonlyMap<string, string>;
}

/** A Dockerfile as rules see it. */
export interface Model {
  readonly source: DockerfileText;
  readonly steps: readonly Step[];
  readonly stages: readonly Stage[];
  readonly pragmas: Pragmas;
}

interface OpenStage extends Stage {
  readonly steps: Step[];
  readonly variables: Map<string, string>;
  /** What its children inherit: ARG ends with its stage. */
  readonly environment: Map<string, string>;
  shellWords: readonly string[] | null;
}

/** More variables than this are not followed, so that a file made to hurt costs no more than its length. */
const mostVariables = 1000;
/** Longer values and texts, in UTF-16 units, are not put in: values made of values grow without end. */
const longestValue = 256;
const longestText = 1024;
/** More commands than this in one RUN are not read: rules compare them with each other. */
const mostCommands = 2000;

function bounded(text: string, variables: ReadonlyMap<string, string>): string {
  if (text.length > longestText) return text;
  const result = substitute(text, variables);
  return result.length > longestText * 4 ? text : result;
}

/** Orders a file into stages; it never throws. The shell of a pragma stands for that of SHELL. */
export function readModel(source: DockerfileText, pragmas: Pragmas): Model {
  const stages: OpenStage[] = [];
  const named = new Map<string, OpenStage>();
  const globals = new Map<string, string>();
  const steps: Step[] = [];
  let index = 0;
  for (const part of source.parts) {
    if (part.kind !== 'instruction') continue;
    const { instruction } = part;
    if (instruction.keyword === 'FROM') stages.push(openStage(instruction, stages, named));
    const stage = stages.at(-1) ?? before(stages);
    const onbuild = instruction.trigger !== null;
    const step = readStep(instruction.trigger ?? instruction, stage, index, onbuild, pragmas.language);
    index += 1;
    steps.push(step);
    stage.steps.push(step);
    if (instruction.keyword === 'FROM') Object.assign(stage, { from: step });
    remember(step, stage, globals);
  }
  return {
    source,
    pragmas,
    steps,
    stages: stages.filter(({ index: at, steps: own }) => at >= 0 || own.some(notArgument)),
  };
}

const notArgument = (step: Step): boolean => step.instruction.keyword !== 'ARG';

/** Opens the stage of what stands before the first FROM. */
function before(stages: OpenStage[]): OpenStage {
  const stage = emptyStage(-1, new Map());
  stages.push(stage);
  return stage;
}

function emptyStage(index: number, environment: ReadonlyMap<string, string>): OpenStage {
  return {
    index,
    from: null,
    image: null,
    name: null,
    parent: null,
    steps: [],
    variables: new Map(environment),
    environment: new Map(environment),
    shellWords: null,
  };
}

function openStage(instruction: Instruction, stages: readonly OpenStage[], named: Map<string, OpenStage>): OpenStage {
  const [image = null, as, name] = readWords(instruction.value);
  const parent = image ? (named.get(image.value.toLowerCase()) ?? null) : null;
  const index = (stages.at(-1)?.index ?? -1) + 1;
  const stage: OpenStage = {
    ...emptyStage(index, parent?.environment ?? new Map()),
    image,
    name: as?.value.toLowerCase() === 'as' && name ? { ...name, value: name.value.toLowerCase() } : null,
    parent,
    shellWords: parent?.shellWords ?? null,
  };
  if (stage.name) named.set(stage.name.value, stage);
  return stage;
}

function readStep(
  instruction: Instruction,
  stage: OpenStage,
  index: number,
  onbuild: boolean,
  pragmaShell: string | null,
): Step {
  const json = readJsonForm(instruction.value);
  const isRun = instruction.keyword === 'RUN';
  return {
    instruction,
    onbuild,
    stage,
    index,
    words: json ?? (isRun ? [] : readWords(instruction.value)),
    json: json !== null,
    mounts: isRun ? instruction.flags.filter(({ name }) => name === 'mount').map(readMount) : [],
    commands:
      isRun && isPosix(stage.shellWords, pragmaShell) ? expanded(scriptOf(instruction, json), stage.variables) : [],
    shellWords: stage.shellWords,
    pipNoCache: stage.environment.get('PIP_NO_CACHE_DIR'),
  };
}

const windows = /(?:^|[\\/])(?:pwsh|powershell|cmd)(?:\.exe)?$/i;

function isPosix(shell: readonly string[] | null, pragmaShell: string | null): boolean {
  return !windows.test(pragmaShell ?? shell?.[0] ?? 'sh');
}

function expanded(commands: readonly Command[], variables: ReadonlyMap<string, string>): Command[] {
  const put = (word: Word): Word =>
    word.dynamic && !/[`(]/.test(word.value) ? { ...word, value: bounded(word.value, variables) } : word;
  return commands
    .slice(0, mostCommands)
    .map((command) => ({ ...command, args: command.args.map((word) => keepWhole(word, put(word))) }));
}

/** A word that is nothing but a variable without a known value stays as it stands: nobody can say what it is. */
function keepWhole(word: Word, put: Word): Word {
  return put.value === '' ? word : put;
}

function readMount({ value }: Flag): Mount {
  const fields = new Map(
    value.split(',').map((field) => {
      const equals = field.indexOf('=');
      return [
        field.slice(0, equals).trim().toLowerCase(),
        field.slice(equals + 1).replace(/^["']|["']$/g, ''),
      ] as const;
    }),
  );
  return {
    type: fields.get('type') ?? 'bind',
    target: (fields.get('target') ?? fields.get('dst') ?? fields.get('destination') ?? '').replace(/(?<=.)\/$/, ''),
  };
}

function remember(step: Step, stage: OpenStage, globals: Map<string, string>): void {
  const { keyword, value } = step.instruction;
  if (keyword === 'SHELL' && step.json) stage.shellWords = step.words.map((word) => word.value);
  if ((keyword !== 'ENV' && keyword !== 'ARG') || stage.variables.size >= mostVariables) return;
  for (const { name, value: text } of readPairs(value, keyword === 'ARG')) {
    // An argument without a default has a value that only the build knows: the reference stays.
    const known = text === null ? (globals.get(name.value) ?? `\${${name.value}}`) : bounded(text, stage.variables);
    if (known.length > longestValue) continue;
    stage.variables.set(name.value, known);
    if (keyword === 'ENV') stage.environment.set(name.value, known);
    if (stage.index < 0) globals.set(name.value, known);
  }
}

/** The stage and those that it is built on, itself first. */
export function* lineage(stage: Stage): Generator<Stage> {
  for (let at: Stage | null = stage; at; at = at.parent) yield at;
}
