import type { Capability } from '../src/agents.ts';
import type { ReplicaSpec, ReplicaState } from '../src/contracts/runtime-documents.ts';
import type { Runtime } from '../src/contracts/runtime.ts';
import { createLogger } from '../src/host/log.ts';
import type { AgentContext, TaskIo } from '../src/agent/index.ts';
import { serveRuntime } from '../src/agent/serve-runtime.ts';

export const id = (n: number): string => `018f4a00-0000-7000-8000-${String(n).padStart(12, '0')}`;
export const service = id(900);

export interface Line {
  readonly seq: number;
  readonly text: string;
  readonly stream: string;
}

/** A runtime in memory: replicas and what they wrote outlive an "agent". */
export class MemoryRuntime implements Runtime {
  readonly driver = 'memory';
  readonly replicas = new Map<string, ReplicaState>();
  readonly written = new Map<string, { at: string; text: string }[]>();
  #changed: (replica: string) => void = () => undefined;

  build = async () => Promise.reject(new Error('not here'));
  run = async () => ({ exitCode: 0 });
  exec = async () => ({ exitCode: 0 });
  listeners = async () => [];
  exists = async () => true;
  removeArtifact = async () => undefined;
  pack = async () => undefined;
  unpack = async () => undefined;

  async start(spec: ReplicaSpec): Promise<ReplicaState> {
    const { replica, deployment, organisation } = spec;
    const state: ReplicaState = {
      replica,
      deployment,
      service: spec.service,
      organisation,
      runtime: 'memory',
      state: 'running',
      exitCode: null,
      outOfMemory: false,
      restarts: 0,
      startedAt: null,
      endedAt: null,
      address: '127.0.0.1',
      port: 1,
      isolation: 'none',
    };
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
    for (let at = cursor === null ? 0 : Number(cursor); !signal.aborted;) {
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
export class MemoryAgent {
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
        this.#capabilities.set(capability.name, (input) =>
          handler(input as I, { signal: this.#abort.signal, task: null, output: () => undefined }),
        );
        return owned;
      },
      report: async (report, payload, options) => {
        await Promise.race([
          this.gate,
          new Promise((_, reject) =>
            [this.#abort.signal, options?.signal].forEach((signal) =>
              signal?.addEventListener('abort', () => reject(new Error('aborted'))),
            ),
          ),
        ]);
        this.reports.push({ name: report.name, payload: structuredClone(payload) });
      },
      onConnect: (handler) => {
        this.#greetings.push(handler);
        return owned;
      },
      fetch: async () => Promise.reject(new Error('not here')),
      sendFile: async () => Promise.reject(new Error('not here')),
      fetchFile: async () => Promise.reject(new Error('not here')),
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

export function specOf(replica: string, epoch: number): ReplicaSpec {
  return {
    replica,
    deployment: id(800),
    service,
    organisation: id(700),
    epoch,
    artifact: {
      kind: 'directory',
      id: 'a',
      reference: '/a',
      runtime: 'memory',
      node: id(1),
      sizeBytes: 0,
      command: null,
      port: null,
    },
    command: null,
    variables: {},
    port: 8080,
    resources: { cpu: 1, memoryBytes: 1 },
    restart: 'always',
    stop: { signal: 'SIGTERM', graceMs: 1 },
  };
}

export async function until(what: string, ask: () => boolean): Promise<void> {
  const end = performance.now() + 8000;
  while (!ask()) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
