import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ContainrError, Infer } from '@containr/sdk';
import { defineSchema, isContainrError } from '@containr/sdk';
import type { AgentContext } from '@containr/sdk/agent';
import type { Artifact, BuildPlan, BuildRequest, ReplicaSpec } from '@containr/sdk/contracts';
import { createExec, validate } from '@containr/sdk/host';
import { DockerRuntime } from '../src/docker-runtime.ts';
import { engineAddress, engineAnswers } from '../src/engine-address.ts';
import { Engine } from '../src/engine.ts';

const Images = defineSchema({
  type: 'object',
  properties: { node: { type: 'string' }, debian: { type: 'string' } },
  required: ['node', 'debian'],
});
const execute = promisify(execFile);
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const ownNothing = { label: 'test', dispose: async () => undefined };

/** An install of its own on the machine's engine. */
export class EngineFixture {
  readonly directory: string;
  readonly agent: AgentContext;
  readonly engine = new Engine(engineAddress(process.env['DOCKER_HOST']));
  readonly #source: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.#source = join(directory, 'source.tar.gz');
    this.agent = {
      plugin: 'docker',
      node: { id: randomUUID(), name: 'test', address: '127.0.0.1' },
      install: randomUUID(),
      log: quiet,
      exec: createExec({ log: quiet }),
      directory: join(directory, 'docker'),
      signal: new AbortController().signal,
      program: (name) => name,
      capability: () => ownNothing,
      report: async () => undefined,
      onConnect: () => ownNothing,
      fetch: async () => createReadStream(this.#source),
      sendFile: async () => undefined,
      fetchFile: async () => undefined,
      own: () => ownNothing,
    };
  }

  static async create(): Promise<EngineFixture> {
    return new EngineFixture(await mkdtemp(join(tmpdir(), 'containr-docker-')));
  }

  engineAnswers(): Promise<boolean> {
    return engineAnswers(engineAddress(process.env['DOCKER_HOST']));
  }

  runtime(): Promise<DockerRuntime> {
    return DockerRuntime.open(this.agent, this.engine);
  }

  get install(): string {
    return this.agent.install;
  }

  /** Names of the engine's networks. */
  async networks(): Promise<string[]> {
    return (await this.engine.api.listNetworks()).map(({ Name }) => Name);
  }

  /** Packs files as the snapshot that the next build fetches. */
  async source(files: Readonly<Record<string, string>>): Promise<void> {
    const folder = await mkdtemp(join(this.directory, 'files-'));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await execute('tar', ['-czf', this.#source, '-C', folder, '.']);
  }

  /** Removes every container and image of this install. */
  async remove(): Promise<void> {
    const filters = { label: [`containr.install=${this.agent.install}`] };
    for (const { Id } of await this.engine.api.listContainers({ all: true, filters }))
      await this.engine.api.getContainer(Id).remove({ force: true });
    for (const { Id } of await this.engine.api.listNetworks({ filters: JSON.stringify(filters) }))
      await this.engine.api.getNetwork(Id).remove();
    for (const { Id } of await this.engine.api.listImages({ filters }))
      await this.engine.api.getImage(Id).remove({ force: true });
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Base images that the test set-up made; `null` when it did not run. */
export async function testImages(): Promise<Infer<typeof Images> | null> {
  const text = await readFile('/var/cache/containr-test/images.json', 'utf8').catch(() => null);
  return text === null ? null : validate<Infer<typeof Images>>(Images, JSON.parse(text), 'The list of test images');
}

export function buildRequest(
  dockerfile: string,
  change: Partial<BuildRequest> = {},
  plan: Partial<BuildPlan> = {},
): BuildRequest {
  return {
    snapshot: '/api/v1/snapshots/x',
    treeHash: 'a'.repeat(40),
    rootDirectory: '',
    plan: {
      builder: 'test',
      provider: 'node',
      runtimes: [],
      packages: [],
      install: [],
      build: [],
      start: null,
      staticRoot: null,
      port: null,
      variables: {},
      caches: [],
      toolchains: [],
      dockerfile,
      dockerfilePath: null,
      target: null,
      baseImages: [],
      why: [],
      ...plan,
    },
    name: 'web-test',
    cacheKey: 'web-test',
    variables: {},
    labels: {},
    ...change,
  };
}

export function replicaSpec(artifact: Artifact, change: Partial<ReplicaSpec> = {}): ReplicaSpec {
  return {
    replica: randomUUID(),
    deployment: randomUUID(),
    service: randomUUID(),
    organisation: randomUUID(),
    epoch: 1,
    artifact,
    command: null,
    variables: {},
    port: 8080,
    resources: { cpu: 1, memoryBytes: 256 * 1024 * 1024 },
    restart: 'never',
    stop: { signal: 'SIGTERM', graceMs: 2000 },
    ...change,
  };
}

/** The coded failure of some work that must fail. */
export async function failure(work: Promise<unknown>): Promise<ContainrError> {
  const error = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!isContainrError(error)) throw new Error(`Expected a failure with a code, got ${String(error)}`);
  return error;
}

/** Waits until `look` gives something, up to a deadline. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  patienceMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`Waited ${patienceMs} ms for ${what}`);
    await sleep(30);
  }
}
