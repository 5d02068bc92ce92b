import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { AgentContext } from '@containr/sdk/agent';
import type { Artifact, BuildPlan, BuildRequest, ReplicaSpec } from '@containr/sdk/contracts';
import { createExec } from '@containr/sdk/host';
import { ProcessRuntime } from '../src/process-runtime.ts';

const execute = promisify(execFile);
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The running Node as a toolchain, so that tests need no registry. */
export const nodeToolchain = {
  tool: 'runtime',
  package: 'node-under-test',
  version: process.versions.node,
  bin: 'bin',
};

/** A node in a temporary folder with a process runtime, as an agent would give it. */
export class NodeFixture {
  readonly directory: string;
  readonly agent: AgentContext;
  readonly #source: string;
  readonly #leaving = new AbortController();

  private constructor(directory: string) {
    this.directory = directory;
    this.#source = join(directory, 'source.tar.gz');
    this.agent = {
      plugin: 'process',
      node: { id: randomUUID(), name: 'test', address: '127.0.0.1' },
      install: randomUUID(),
      log: quiet,
      exec: createExec({ log: quiet }),
      directory: join(directory, 'process'),
      signal: this.#leaving.signal,
      program: (name) => join(import.meta.dirname, `../src/programs/${name}.ts`),
      capability: () => ownNothing,
      report: async () => undefined,
      onConnect: () => ownNothing,
      fetch: async () => createReadStream(this.#source),
      own: () => ownNothing,
    };
  }

  static async create(): Promise<NodeFixture> {
    const fixture = new NodeFixture(await mkdtemp(join(tmpdir(), 'containr-process-')));
    const bin = join(
      fixture.agent.directory,
      'toolchains',
      `${nodeToolchain.package}-${nodeToolchain.version}`,
      'node_modules',
      nodeToolchain.package,
      'bin',
    );
    await mkdir(bin, { recursive: true });
    await copyFile(process.execPath, join(bin, 'node'), constants.COPYFILE_FICLONE);
    return fixture;
  }

  runtime(): Promise<ProcessRuntime> {
    return ProcessRuntime.open(this.agent);
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

  /** Ends every replica and removes all files. */
  async remove(runtime: ProcessRuntime): Promise<void> {
    for (const { replica } of await runtime.list()) await runtime.stop({ replica, signal: 'SIGKILL', graceMs: 0 });
    this.#leaving.abort();
    await rm(this.directory, { recursive: true, force: true });
  }
}

const ownNothing = { label: 'test', dispose: async () => undefined, [Symbol.asyncDispose]: async () => undefined };

export function buildRequest(plan: Partial<BuildPlan>, change: Partial<BuildRequest> = {}): BuildRequest {
  const whole: BuildPlan = {
    builder: 'test',
    provider: 'node',
    runtimes: [],
    packages: [],
    install: [],
    build: [],
    start: 'exec node server.mjs',
    staticRoot: null,
    port: null,
    variables: {},
    caches: [],
    toolchains: [nodeToolchain],
    dockerfile: null,
    dockerfilePath: null,
    target: null,
    baseImages: [],
    why: [],
    ...plan,
  };
  return {
    snapshot: '/api/v1/snapshots/x',
    treeHash: 'a'.repeat(40),
    rootDirectory: '',
    plan: whole,
    name: 'web',
    cacheKey: 'web',
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

/** Waits until `look` gives something, up to a deadline. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  patienceMs = 8000,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`Waited ${patienceMs} ms for ${what}`);
    await sleep(20);
  }
}

/** Argument lists of all processes that contain a text. */
export async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const line = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
    if (line.includes(text)) found.push(`${pid} ${line}`);
  }
  return found;
}
