import type { Infer } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { BuildPlan, BuildSettings } from '@containr/sdk/contracts';
import { dockerfileInvalid } from './dockerfile-error.ts';
import { readInstructions } from './parse/instruction.ts';
import { readStages } from './parse/stages.ts';
import { survey, targetStage } from './parse/survey.ts';

/** Plans the build of a Dockerfile. `variables` reach its ARGs, as the build will have them. */
export interface DockerfileRequest {
  readonly path: string;
  readonly text: string;
  readonly settings: Infer<typeof BuildSettings>;
  readonly variables: Readonly<Record<string, string>>;
  readonly runtime: string;
}

/** A Dockerfile needs an engine. */
function needsEngine(path: string): ContainrError {
  return new ContainrError({
    code: 'BUILDER_NEEDS_ENGINE',
    status: 422,
    detail: `${path} says how to build this, and the process runtime has no container engine to build it with.`,
    hint: 'Install Docker on a node and choose the docker runtime, or set build.builder to nixpacks to build without the Dockerfile.',
  });
}

/** Pure: reads a Dockerfile as far as a plan needs it. Throws `DOCKERFILE_INVALID` or `BUILDER_NEEDS_ENGINE`. */
export function planDockerfile({ path, text, settings, variables, runtime }: DockerfileRequest): BuildPlan {
  const given = new Map(Object.entries(variables));
  const stages = readStages(path, readInstructions(text), given);
  const target = targetStage(path, stages, settings.target);
  const found = survey(stages, target, given);
  if (found.fromScratch && !found.starts && settings.startCommand === null) {
    throw dockerfileInvalid(
      path,
      target.line,
      'The image is built from scratch, and nothing says what to start in it.',
      'Add a CMD or ENTRYPOINT, or set start.command.',
    );
  }
  if (runtime === 'process') throw needsEngine(path);
  const start =
    settings.startCommand === null
      ? found.starts
        ? 'CMD or ENTRYPOINT of the Dockerfile'
        : 'what the base image starts'
      : 'start command of the spec';
  return {
    builder: 'dockerfile',
    provider: 'dockerfile',
    runtimes: [],
    packages: [],
    install: [],
    build: [],
    start: settings.startCommand,
    staticRoot: null,
    port: found.port,
    variables: {},
    caches: [],
    toolchains: [],
    dockerfile: text,
    dockerfilePath: path,
    target: settings.target === null ? null : target.name,
    baseImages: [...found.images],
    files: {},
    why: [
      {
        what: `build ${path}`,
        from: settings.builder === 'dockerfile' ? 'build.builder of the spec' : 'the source has a Dockerfile',
      },
      { what: `stage ${target.name}`, from: settings.target === null ? 'the last FROM' : 'build.target of the spec' },
      ...found.images.map((image) => ({ what: `needs image ${image}`, from: path })),
      { what: `port ${found.port ?? 'of PORT'}`, from: found.port === null ? 'no EXPOSE' : 'EXPOSE' },
      { what: 'start', from: start },
    ],
  };
}
