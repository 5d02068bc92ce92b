import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Capability } from '../agents.ts';
import type { ReplicaSpec, ReplicaState, Runtime } from '../contracts/runtime.ts';
import { createLogger } from '../host/log.ts';
import type { AgentContext, TaskIo } from './index.ts';
import { serveRuntime } from './serve-runtime.ts';

const id = (n: number): string => `018f4a00-0000-7000-8000-${String(n).padStart(12, '0')}`;
const service = id(900);

interface Line {
  readonly seq: number;
  readonly text: string;
  readonly stream: string;
}

/** A runtime in memory: replicas and what they wrote outlive an "agent". */
class MemoryRuntime implements Runtime {
  readonly driver = 'memory';
  readonly replicas = new Map<string, ReplicaState>();
  readonly written = new Map<string, { at: string; text: string }[]>();
  #changed: (replica: string) => void = () => undefined;

  build = async () => Promise.reject(new Error('not here'));
  run = async () => ({ exitCode: 0 });
  listeners = async () => [];
  exists = async () => true;
  removeArtifact = async () => undefined;

  async start(spec: ReplicaSpec): Promise<ReplicaState> {
    const { replica, deployment, organisation } = spec;
    const state: ReplicaState = { replica, deployment, service: spec.service, organisation, runtime: 'memory', state: 'running', exitCode: null, outOfMemory: false, restarts: 0, startedAt: null, endedAt: null, address: '127.0.0.1', port: 1, isolation: 'none' };
    this.replicas.set(replica, state);
    this.#changed(replica);
    return state;
  }

  async stop({ replica }: { replica: string }): Promise<void> {
    this.replicas.delete(replica);
    this.#changed(replica);
  }

  async list(): Promise<ReplicaState[]> {
    return [...this.replicas.values()];
  }

  write(replica: string, texts: readonly string[], at = new Date().toISOString()): void {
    this.written.set(replica, [...(this.written.get(replica) ?? []), ...texts.map((text) => ({ at, text }))]);
  }

  async watch(changed: (replica: string) => void, signal: AbortSignal): Promise<void> {
    this.#changed = changed;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }

  async *logs(replica: string, cursor: string | null, signal: AbortSignal) {
    for (let at = cursor === null ? 0 : Number(cursor); !signal.aborted; ) {
      const entry = this.written.get(replica)?.[at];
      if (entry) {
        at += 1;
        yield { ...entry, stream: 'stdout' as const, cursor: String(at) };
      } else if (this.replicas.has(replica)) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      } else {
        return;
      }
    }
  }
}

/** The agent's side, in memory. */
class MemoryAgent {
  readonly reports: { name: string; payload: unknown }[] = [];
  readonly #capabilities = new Map<string, (input: unknown) => Promise<unknown>>();
  readonly #abort = new AbortController();
  readonly #greetings: (() => Promise<void>)[] = [];
  /** What a report waits for. */
  gate: Promise<void> = Promise.resolve();

  constructor(directory: string, runtime: Runtime) {
    const owned = { label: '', dispose: async () => undefined };
    const context: AgentContext = {
      plugin: 'memory',
      node: { id: id(1), name: 'test', address: '127.0.0.1' },
      install: 'test',
      log: createLogger({ level: 'silent' }),
      exec: async () => Promise.reject(new Error('not here')),
      directory,
      signal: this.#abort.signal,
      program: (name) => name,
      capability: <I, O>(capability: Capability<I, O>, handler: (input: I, io: TaskIo) => Promise<O>) => {
        this.#capabilities.set(capability.name, (input) => handler(input as I, { signal: this.#abort.signal, task: null, output: () => undefined }));
        return owned;
      },
      report: async (report, payload, options) => {
        await Promise.race([this.gate, new Promise((_, reject) => [this.#abort.signal, options?.signal].forEach((signal) => signal?.addEventListener('abort', () => reject(new Error('aborted')))))]);
        this.reports.push({ name: report.name, payload: structuredClone(payload) });
      },
      onConnect: (handler) => {
        this.#greetings.push(handler);
        return owned;
      },
      fetch: async () => Promise.reject(new Error('not here')),
      own: () => owned,
    };
    serveRuntime(context, runtime);
  }

  call(name: string, input: unknown): Promise<unknown> {
    return this.#capabilities.get(name)?.(input) ?? Promise.reject(new Error(`no ${name}`));
  }

  async connect(): Promise<void> {
    await Promise.all(this.#greetings.map((greet) => greet()));
  }

  of(name: string): unknown[] {
    return this.reports.filter((report) => report.name === name).map(({ payload }) => payload);
  }

  get lines(): Line[] {
    return this.of('replica.wrote').flatMap((payload) => (payload as { lines: Line[] }).lines);
  }

  stop(): void {
    this.#abort.abort(new Error('stopped'));
  }
}

function specOf(replica: string, epoch: number): ReplicaSpec {
  return {
    replica,
    deployment: id(800),
    service,
    organisation: id(700),
    epoch,
    artifact: { kind: 'directory', id: 'a', reference: '/a', runtime: 'memory', node: id(1), sizeBytes: 0, command: null, port: null },
    command: null,
    variables: {},
    port: 8080,
    resources: { cpu: 1, memoryBytes: 1 },
    restart: 'always',
    stop: { signal: 'SIGTERM', graceMs: 1 },
  };
}

async function until(what: string, ask: () => boolean): Promise<void> {
  const end = performance.now() + 8000;
  while (!ask()) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('serving a runtime', () => {
  let directory: string;
  let runtime: MemoryRuntime;
  let agent: MemoryAgent;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'containr-runtime-'));
    runtime = new MemoryRuntime();
    agent = new MemoryAgent(directory, runtime);
  });
  afterEach(() => {
    agent.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('refuses work of an older epoch, also after a restart', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 7));
    await agent.call('replica-start.memory', specOf(id(3), 7));
    agent.stop();
    agent = new MemoryAgent(directory, runtime);
    const error = await agent.call('replica-start.memory', specOf(id(4), 6)).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'STALE_EPOCH', status: 409 });
    expect(runtime.replicas.size).to.equal(2);
    await agent.call('replica-start.memory', specOf(id(4), 8));
  });

  it('tells changes, and the whole list at each connection', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    await until('a change', () => agent.of('replica.changed').length === 1);
    await agent.connect();
    expect(agent.of('replica.inventory').at(-1)).to.have.nested.property('replicas[0].replica', id(2));
    await agent.call('replica-stop.memory', { replica: id(2), signal: 'SIGTERM', graceMs: 0 });
    await until('a list without it', () => (agent.of('replica.inventory').at(-1) as { replicas: unknown[] }).replicas.length === 0);
  });

  it('drops a list that could not be sent when there is a newer one', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    const open = Promise.withResolvers<void>();
    agent.gate = open.promise;
    const first = agent.connect();
    await new Promise((resolve) => setTimeout(resolve, 150));
    await agent.call('replica-start.memory', specOf(id(3), 1));
    const second = agent.connect();
    await first;
    open.resolve();
    await second;
    expect(agent.of('replica.inventory')).to.have.length(1);
    expect(agent.of('replica.inventory')[0]).to.have.property('replicas').with.length(2);
  });

  it('does not take a silent engine for an empty one', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    await agent.connect();
    runtime.list = async () => Promise.reject(new Error('the engine does not answer'));
    await agent.connect();
    expect(agent.of('replica.inventory')).to.have.length(1);
  });

  it('ships what replicas write, over restarts, without loss or doubles', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    const texts = Array.from({ length: 1000 }, (_, n) => `line ${n}`);
    runtime.write(id(2), texts.slice(0, 400), '2026-01-01T00:00:00.000Z');
    await until('the first lines', () => agent.lines.length === 400);
    const first = agent.lines;
    // Killed with lines on their way that nobody took.
    agent.gate = new Promise(() => undefined);
    runtime.write(id(2), texts.slice(400, 800), '2026-01-01T00:00:01.000Z');
    await new Promise((resolve) => setTimeout(resolve, 200));
    agent.stop();
    runtime.write(id(2), texts.slice(800), '2026-01-01T00:00:02.000Z');
    agent = new MemoryAgent(directory, runtime);
    await until('the rest', () => agent.lines.length === 600);
    const all = [...first, ...agent.lines];
    expect(all.map(({ text }) => text)).to.deep.equal(texts);
    expect(all.map(({ seq }) => seq)).to.deep.equal(texts.map((_, n) => n));
  });

  it('drops lines of a flood and says how many, but none of a backlog', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    runtime.write(id(2), Array.from({ length: 700 }, (_, n) => `flood ${n}`), '2026-01-01T00:00:00.000Z');
    await until('the count', () => agent.lines.some(({ stream }) => stream === 'system'));
    expect(agent.lines.find(({ stream }) => stream === 'system')?.text).to.match(/^200 lines dropped/);
    expect(agent.lines).to.have.length(501);
    for (let second = 1; second <= 5; second += 1) runtime.write(id(2), Array.from({ length: 400 }, (_, n) => `slow ${n}`), `2026-01-01T00:00:0${second}.000Z`);
    await until('the backlog', () => agent.lines.length === 501 + 2000);
    expect(agent.lines.map(({ seq }) => seq)).to.deep.equal(agent.lines.map((_, n) => n));
  });

  it('ships the last words of a replica, then forgets it', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    runtime.write(id(2), ['one']);
    await until('a line', () => agent.lines.length === 1);
    expect(readdirSync(join(directory, 'logs'))).to.deep.equal([`${id(2)}.json`]);
    runtime.write(id(2), ['last words']);
    await agent.call('replica-stop.memory', { replica: id(2), signal: 'SIGTERM', graceMs: 0 });
    await until('the last words', () => agent.lines.length === 2);
    await until('no place', () => !existsSync(join(directory, 'logs', `${id(2)}.json`)));
  });
});
