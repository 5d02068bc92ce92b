import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { ContainrError } from '@containr/sdk';
import type { AgentContext } from '@containr/sdk/agent';
import type { Artifact, BuildRequest } from '@containr/sdk/contracts';
import { unpackArchive } from '@containr/sdk/host';
import { asking } from '../engine.ts';
import type { Engine } from '../engine.ts';
import { contextFiles, madeUpFiles } from './context-files.ts';
import { buildImage } from './image-build.ts';
import type { OnLine } from './progress.ts';
import { npmrcForBuilds } from './package-registry.ts';
import type { SessionOffer } from './session.ts';

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** Builds images from plans: the plan's Dockerfile over the unpacked snapshot, which it leaves as it is. */
export class Builds {
  readonly #agent: AgentContext;
  readonly #engine: Engine;
  readonly #directory: string;
  #npmrc: Promise<string | null> | undefined;

  constructor(agent: AgentContext, engine: Engine) {
    this.#agent = agent;
    this.#engine = engine;
    this.#directory = join(agent.directory, 'builds');
  }

  /** Removes what builds of a life before left. */
  async tidy(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Builds and gives the image as an artifact. Throws cause codes. */
  async build(request: BuildRequest, io: { signal: AbortSignal; output: OnLine }): Promise<Artifact> {
    const { dockerfile } = request.plan;
    if (dockerfile === null) {
      throw new ContainrError({
        code: 'PLAN_NOT_FOUND',
        status: 422,
        detail: 'The plan has no Dockerfile, so a container engine can’t follow it.',
        hint: 'Choose another builder, or the process runtime.',
      });
    }
    const folder = join(this.#directory, randomUUID());
    try {
      const source = await this.#agent.fetch(request.snapshot, io.signal);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await unpackArchive(source, folder, { signal: io.signal });
      const context = await contextFolder(folder, request.rootDirectory);
      await addFiles(context, request.plan.files ?? {});
      this.#npmrc ??= npmrcForBuilds(this.#agent.exec);
      const npmrc = await this.#npmrc;
      const image = await buildImage(
        this.#engine,
        {
          offer: this.#offer(request, context, dockerfile, npmrc),
          tag: `containr/${request.name}:${request.treeHash.slice(0, 12)}`,
          target: request.plan.target,
          arguments: buildArguments(dockerfile, request.variables),
          labels: { ...request.labels, 'containr.install': this.#agent.install },
        },
        io,
      );
      return await this.#artifact(request, image);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #offer(request: BuildRequest, context: string, dockerfile: string, npmrc: string | null): SessionOffer {
    const kept = Object.keys(request.plan.files ?? {}).map((path) => normalize(path));
    return {
      sharedKey: createHash('sha256')
        .update(JSON.stringify([this.#agent.install, request.cacheKey, request.rootDirectory]))
        .digest('hex'),
      files: (folder, query) =>
        folder === 'dockerfile'
          ? madeUpFiles({ Dockerfile: dockerfile })
          : contextFiles(context, { ...query, kept: query.included.length > 0 ? [] : kept }),
      secret: (id) => {
        if (Object.hasOwn(request.variables, id)) return Buffer.from(request.variables[id] ?? '');
        return id === 'npmrc' && npmrc !== null ? Buffer.from(npmrc) : null;
      },
    };
  }

  async #artifact(request: BuildRequest, id: string): Promise<Artifact> {
    const image = await asking(() => this.#engine.api.getImage(id).inspect());
    const command = [...asList(image.Config.Entrypoint), ...asList(image.Config.Cmd)];
    const ports = Object.keys(image.Config.ExposedPorts ?? {}).flatMap((each) =>
      each.endsWith('/tcp') ? Number.parseInt(each, 10) : [],
    );
    return {
      kind: 'image',
      id,
      reference: `containr/${request.name}:${request.treeHash.slice(0, 12)}`,
      runtime: 'docker',
      node: this.#agent.node.name,
      sizeBytes: image.Size,
      command: command.length > 0 ? command : null,
      port: request.plan.port ?? ports.sort((a, b) => a - b)[0] ?? null,
    };
  }
}

function asList(value: string | string[] | null | undefined): string[] {
  return typeof value === 'string' ? [value] : (value ?? []);
}

async function contextFolder(folder: string, rootDirectory: string): Promise<string> {
  const path = normalize(rootDirectory).replace(/^\/+/, '');
  const context = join(folder, path);
  const inside = path !== '..' && !path.startsWith('../');
  if (
    inside &&
    (await stat(context).then(
      (found) => found.isDirectory(),
      () => false,
    ))
  )
    return context;
  throw new ContainrError({
    code: 'PLAN_NOT_FOUND',
    status: 422,
    detail: `The root directory ${JSON.stringify(rootDirectory)} is no folder of the source.`,
    hint: 'Correct the root directory of the service.',
  });
}

async function addFiles(context: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const target = join(context, normalize(path));
    if (!target.startsWith(`${context}/`))
      throw new ContainrError({
        code: 'BUILD_FAILED',
        status: 422,
        detail: `The plan's file ${path} leads out of the source.`,
        hint: 'Correct the plan.',
      });
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true });
    await writeFile(target, text, { flag: 'wx', mode: 0o644 });
  }
}

// Only what the Dockerfile asks for by ARG, and proxies, which the engine knows by name and keeps out of the image.
function buildArguments(dockerfile: string, variables: Readonly<Record<string, string>>): Record<string, string> {
  const declared = new Set(
    [...dockerfile.matchAll(/^\s*ARG\s+(.+)$/gim)].flatMap((line) =>
      (line[1] ?? '').split(/\s+/).map((each) => each.split('=')[0] ?? ''),
    ),
  );
  const chosen: Record<string, string> = {};
  for (const name of proxyNames) if (process.env[name] !== undefined) chosen[name] = process.env[name];
  for (const [name, value] of Object.entries(variables)) if (declared.has(name)) chosen[name] = value;
  return chosen;
}
