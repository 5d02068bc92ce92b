import { dockerfileInvalid } from '../dockerfile-error.ts';
import type { Instruction } from './instruction.ts';
import type { Stage } from './stages.ts';
import { readArguments } from './stages.ts';
import { substitute, unquote } from './substitute.ts';

/** What a build of one target needs and gives. */
export interface Survey {
  /** Images from outside, in the order of their use. */
  readonly images: readonly string[];
  /** First port that the image names. */
  readonly port: number | null;
  /** Whether the Dockerfile itself says what to start. */
  readonly starts: boolean;
  /** Whether the target is built on nothing, so that no image can say it instead. */
  readonly fromScratch: boolean;
}

/** The stage to build: `target`, or the last. Throws `DOCKERFILE_INVALID` with the stages that there are. */
export function targetStage(path: string, stages: readonly Stage[], target: string | null): Stage {
  const stage =
    target === null ? stages.at(-1) : (byName(stages, target) ?? stages[/^\d+$/.test(target) ? Number(target) : -1]);
  if (stage) return stage;
  const names = stages.map((candidate) => candidate.name).join(', ');
  throw dockerfileInvalid(
    path,
    null,
    `There is no stage "${target ?? ''}" in it.`,
    `Set build.target to one of its stages (${names}), or to nothing.`,
  );
}

function byName(stages: readonly Stage[], name: string): Stage | undefined {
  return stages.find((stage) => stage.name === name.toLowerCase());
}

/** Stages and images that an instruction copies or mounts from. */
function sourcesOf({ keyword, flags }: Instruction): string[] {
  if (keyword === 'COPY') return flags.flatMap(([name, value]) => (name === 'from' ? [value] : []));
  if (keyword !== 'RUN') return [];
  return flags.flatMap(([name, value]) =>
    name === 'mount' ? [...value.matchAll(/(?:^|,)from=([^,]+)/g)].map(([, from = '']) => from) : [],
  );
}

/** Follows a target through the stages that it needs; the others are not built, so their images need not be there. */
export function survey(stages: readonly Stage[], target: Stage, given: ReadonlyMap<string, string>): Survey {
  const images = new Set<string>();
  const seen = new Set<Stage>();
  const open = [target];
  for (let stage = open.pop(); stage; stage = open.pop()) {
    if (seen.has(stage)) continue;
    seen.add(stage);
    const before = stages.slice(0, stages.indexOf(stage));
    const bases = [byName(before, stage.base) ?? stage.base];
    const sources = stage.instructions
      .flatMap(sourcesOf)
      .map((name) => byName(before, name) ?? (/^\d+$/.test(name) ? before[Number(name)] : undefined) ?? name);
    for (const needed of [...bases, ...sources]) {
      if (typeof needed !== 'string') open.push(needed);
      else if (needed !== 'scratch' && needed !== '') images.add(needed);
    }
  }
  const chain = lineage(stages, target);
  const own = chain.flatMap((stage) => stage.instructions);
  return {
    images: [...images],
    port: firstPort(own, given),
    starts: own.some(
      ({ keyword, value }) =>
        (keyword === 'CMD' || keyword === 'ENTRYPOINT') && value !== '' && value.replace(/\s/g, '') !== '[]',
    ),
    fromScratch: chain[0]?.base === 'scratch',
  };
}

/** A stage with the stages that it is built on, the oldest first. */
function lineage(stages: readonly Stage[], target: Stage): Stage[] {
  const chain = [target];
  for (let stage: Stage | undefined = target; stage;) {
    const parent: Stage | undefined = byName(stages.slice(0, stages.indexOf(stage)), stage.base);
    if (parent) chain.unshift(parent);
    stage = parent;
  }
  return chain;
}

function firstPort(instructions: readonly Instruction[], given: ReadonlyMap<string, string>): number | null {
  const values = new Map<string, string>();
  for (const { keyword, value } of instructions) {
    if (keyword === 'ARG') readArguments(value, values, given);
    if (keyword === 'ENV') readEnv(value, values);
    if (keyword !== 'EXPOSE') continue;
    for (const word of substitute(value, values).split(/\s+/)) {
      const port = Number(/^(\d{1,5})(?:-\d{1,5})?(?:\/tcp)?$/i.exec(unquote(word))?.[1] ?? 0);
      if (port >= 1 && port <= 65535) return port;
    }
  }
  return null;
}

function readEnv(value: string, into: Map<string, string>): void {
  const [, old, rest] = /^([A-Za-z_][A-Za-z0-9_]*)\s+([^=]*)$/.exec(value) ?? [];
  if (old !== undefined && rest !== undefined) into.set(old, substitute(unquote(rest.trim()), into));
  else readArguments(value, into, new Map());
}
