import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ContainrError } from '@containr/sdk';
import type { BuildPlan } from '@containr/sdk/contracts';
import { readDockerfile } from './parse/read-dockerfile.ts';

const largest = 1 << 20;

/** Text of a source's Dockerfile, `null` when it is not there. A link out of the source counts as not there. */
export function dockerfileText(directory: string, path: string): string | null {
  try {
    const root = realpathSync(directory);
    const file = realpathSync(join(root, path));
    if (!file.startsWith(root + sep) || !statSync(file).isFile() || statSync(file).size > largest) return null;
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Plans the build of a source's own Dockerfile. Throws `DOCKERFILE_INVALID`, `BUILDER_NEEDS_ENGINE`, `PLAN_NOT_FOUND`. */
export function planDockerfile(directory: string, settings: { dockerfile: string | null; target: string | null; startCommand: string | null }, runtime: string): BuildPlan {
  const path = settings.dockerfile ?? 'Dockerfile';
  const text = dockerfileText(directory, path);
  if (text === null) {
    throw new ContainrError({ code: 'PLAN_NOT_FOUND', status: 422, detail: `There is no ${path} in the source.`, hint: 'Commit it, or set the service’s Dockerfile path or builder.' });
  }
  const facts = readDockerfile(text, settings.target, path);
  if (runtime === 'process') {
    throw new ContainrError({
      code: 'BUILDER_NEEDS_ENGINE',
      status: 422,
      detail: `The source is built by ${path}, which needs a container engine, and this service runs as processes.`,
      hint: 'Install Docker on a node and start with --runtime docker, or set the service’s builder to nixpacks.',
    });
  }
  return {
    builder: 'dockerfile',
    provider: 'dockerfile',
    runtimes: [],
    packages: [],
    install: [],
    build: [],
    start: settings.startCommand,
    staticRoot: null,
    port: facts.port,
    variables: {},
    caches: [],
    toolchains: [],
    dockerfile: text,
    dockerfilePath: path,
    target: settings.target,
    baseImages: [...facts.baseImages],
    files: {},
    why: [
      { what: `build by ${path}`, from: settings.dockerfile ? 'the service’s settings' : `${path} is there` },
      ...(facts.port === null ? [] : [{ what: `port ${facts.port}`, from: `EXPOSE in ${path}` }]),
      ...(facts.starts || settings.startCommand ? [] : [{ what: 'the image’s own command starts it', from: `no CMD or ENTRYPOINT in ${path}` }]),
    ],
  };
}
