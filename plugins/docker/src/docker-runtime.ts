import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import type { AgentContext } from '@containr/sdk/agent';
import type {
  Artifact,
  BuildRequest,
  ExecRequest,
  ReplicaSpec,
  ReplicaState,
  RunRequest,
  Runtime,
  RuntimeLogEntry,
} from '@containr/sdk/contracts';
import { listeningSockets, validate } from '@containr/sdk/host';
import type Docker from 'dockerode';
import { Builds } from './build/builds.ts';
import type { OnLine } from './build/progress.ts';
import { containerLog } from './containers/container-log.ts';
import { replicaOptions, runOptions } from './containers/container-options.ts';
import { replicaState } from './containers/container-state.ts';
import { execInContainer } from './containers/exec-in-container.ts';
import { label } from './containers/labels.ts';
import { runToEnd } from './containers/run-to-end.ts';
import { startFailure } from './containers/start-failure.ts';
import { asking, refusalStatus } from './engine.ts';
import type { Engine } from './engine.ts';
import { Images } from './images/images.ts';
import { Networks } from './networks/networks.ts';

const EngineInfo = defineSchema({
  type: 'object',
  properties: { LiveRestoreEnabled: { type: 'boolean' }, ServerVersion: { type: 'string' } },
});

interface TaskIo {
  readonly signal: AbortSignal;
  readonly output: OnLine;
}

/** Runs replicas as containers of the node's engine, known again by their labels. */
export class DockerRuntime implements Runtime {
  readonly driver = 'docker';
  readonly #agent: AgentContext;
  readonly #engine: Engine;
  readonly #builds: Builds;
  readonly #images: Images;
  readonly #networks: Networks;
  readonly #lanes = new Map<string, Promise<unknown>>();

  private constructor(agent: AgentContext, engine: Engine) {
    this.#agent = agent;
    this.#engine = engine;
    this.#builds = new Builds(agent, engine);
    this.#images = new Images(engine, agent.install);
    this.#networks = new Networks(engine, agent.install);
  }

  /** Prepares the node: makes the network, says what does not hold. Throws `ENGINE_UNAVAILABLE` when nobody answers. */
  static async open(agent: AgentContext, engine: Engine): Promise<DockerRuntime> {
    const runtime = new DockerRuntime(agent, engine);
    await runtime.#builds.tidy();
    await runtime.#removeRuns();
    const info = validate<Infer<typeof EngineInfo>>(
      EngineInfo,
      await asking(() => engine.api.info()),
      'What the engine says of itself',
    );
    if (!info.LiveRestoreEnabled)
      agent.log.warn(
        { hint: 'Set "live-restore": true in /etc/docker/daemon.json' },
        'Replicas stop when the Docker engine restarts: live-restore is off',
      );
    await runtime.#networks.ensure(null);
    agent.log.info(
      { engine: info.ServerVersion, adopted: (await runtime.list()).length },
      'The docker runtime is ready',
    );
    return runtime;
  }

  build(request: BuildRequest, io: TaskIo): Promise<Artifact> {
    return this.#builds.build(request, io);
  }

  async run(request: RunRequest, io: TaskIo): Promise<{ exitCode: number }> {
    io.signal.throwIfAborted();
    await this.#images.ensure(request.artifact);
    const network = await this.#networks.ensure(request.environment ?? null);
    const options = runOptions(this.#agent.install, request, network);
    await this.#remove(`containr-run-${request.run}`);
    const container = await asking(() => this.#engine.api.createContainer(options));
    const remove = async (): Promise<void> => {
      await this.#remove(container.id);
      await this.#networks.drop(network);
    };
    return { exitCode: await runToEnd(container, remove, io) };
  }

  exec(request: ExecRequest, io: TaskIo): Promise<{ exitCode: number }> {
    return execInContainer(this.#engine, request, io);
  }

  start(spec: ReplicaSpec): Promise<ReplicaState> {
    return this.#inLane(spec.replica, async () => {
      const known = await this.#inspect(`containr-${spec.replica}`);
      // One that was created and never started is of an interrupted start.
      if (known && known.State.Status !== 'created') return replicaState(known);
      if (known) await this.#remove(known.Id);
      await this.#images.ensure(spec.artifact);
      return this.#startNew(spec);
    });
  }

  async #startNew(spec: ReplicaSpec): Promise<ReplicaState> {
    const environment = spec.network?.environment ?? null;
    const { install, node } = this.#agent;
    const options = replicaOptions(
      {
        install,
        node: node.id,
        network: await this.#networks.ensure(environment),
        publishAt: isLoopback(node.address) ? null : node.address,
      },
      spec,
    );
    const create = (): Promise<Docker.Container> => asking(() => this.#engine.api.createContainer(options));
    const container = await create().catch((error: unknown) => {
      throw error instanceof ContainrError ? error : startFailure(error);
    });
    try {
      await asking(() => container.start()).catch(async (error: unknown) => {
        // Somebody tidied the network away.
        if (!/network .* not found/i.test(String(error))) throw error;
        await this.#networks.ensure(environment);
        await container.start();
      });
      return replicaState(await asking(() => container.inspect()));
    } catch (error) {
      await this.#remove(container.id);
      throw error instanceof ContainrError ? error : startFailure(error);
    }
  }

  stop(request: { replica: string; signal: string; graceMs: number }): Promise<void> {
    return this.#inLane(request.replica, async () => {
      const container = this.#engine.api.getContainer(`containr-${request.replica}`);
      const found = await this.#inspect(container.id);
      if (!found) return;
      if (found.State.Running || found.State.Restarting) {
        // Else the engine's own policy would start it again.
        await asking(() => container.update({ RestartPolicy: { Name: 'no' } })).catch(ignoreRefusal);
        const ended = asking(() => container.wait({ condition: 'not-running' })).then(
          () => true,
          () => true,
        );
        await asking(() => container.kill({ signal: request.signal })).catch(ignoreRefusal);
        let timer: NodeJS.Timeout | undefined;
        await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, request.graceMs)))]);
        clearTimeout(timer);
      }
      await this.#remove(container.id);
      await this.#networks.drop(found.Config.Labels[label.network] ?? '');
    });
  }

  async list(): Promise<readonly ReplicaState[]> {
    const filters = { label: [`${label.install}=${this.#agent.install}`, label.replica] };
    const containers = await asking(() => this.#engine.api.listContainers({ all: true, filters }));
    const found = await Promise.all(containers.map((each) => this.#inspect(each.Id)));
    // Two agents of an install may share an engine; what has no node's name is of an earlier version.
    return found.flatMap((each) => (each === null || this.#isOthers(each) ? [] : replicaState(each)));
  }

  async listeners(replica: string): Promise<readonly { address: string; port: number }[]> {
    const pid = (await this.#inspect(`containr-${replica}`))?.State.Pid;
    if (!pid) return [];
    const tables = await Promise.all(
      ['tcp', 'tcp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')),
    );
    // The engine's own name server listens in every container.
    return tables
      .flatMap(listeningSockets)
      .flatMap(({ address, port }) => (address === '127.0.0.11' ? [] : [{ address, port }]));
  }

  exists(artifact: Artifact): Promise<boolean> {
    return this.#images.exists(artifact);
  }

  removeArtifact(artifact: Artifact): Promise<void> {
    return this.#images.remove(artifact);
  }

  pack(artifact: Artifact, file: string, signal: AbortSignal): Promise<void> {
    return this.#images.pack(artifact, file, signal);
  }

  unpack(artifact: Artifact, file: string, signal: AbortSignal): Promise<void> {
    return this.#images.unpack(artifact, file, signal);
  }

  async watch(changed: (replica: string) => void, signal: AbortSignal): Promise<void> {
    const filters = JSON.stringify({
      type: ['container'],
      label: [`${label.install}=${this.#agent.install}`, label.replica],
      event: ['create', 'start', 'die', 'oom', 'kill', 'destroy', 'restart', 'pause', 'unpause'],
    });
    const events = await asking(() => this.#engine.open(`/events?${new URLSearchParams({ filters })}`, signal));
    try {
      for await (const line of createInterface({ input: events, crlfDelay: Infinity })) {
        const replica = new RegExp(`"${label.replica.replace('.', '\\.')}":"([0-9a-f-]{36})"`).exec(line)?.[1];
        if (replica) changed(replica);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      events.destroy();
    }
    if (!signal.aborted)
      throw new ContainrError({
        code: 'ENGINE_UNAVAILABLE',
        status: 503,
        detail: 'The Docker engine ended its stream of events.',
        hint: 'See that the engine runs.',
      });
  }

  logs(replica: string, cursor: string | null, signal: AbortSignal): AsyncIterable<RuntimeLogEntry> {
    return containerLog(this.#engine, `containr-${replica}`, cursor, signal);
  }

  #isOthers({ Config }: Docker.ContainerInspectInfo): boolean {
    return (Config.Labels[label.node] ?? this.#agent.node.id) !== this.#agent.node.id;
  }

  async #inspect(container: string): Promise<Docker.ContainerInspectInfo | null> {
    return asking(() => this.#engine.api.getContainer(container).inspect()).catch((error: unknown) => {
      if (refusalStatus(error) === 404) return null;
      throw error;
    });
  }

  async #remove(container: string): Promise<void> {
    await asking(() => this.#engine.api.getContainer(container).remove({ force: true, v: true })).catch(
      (error: unknown) => {
        // 409: another removal is under way.
        const status = refusalStatus(error);
        if (status !== 404 && status !== 409) throw error;
      },
    );
  }

  /** One-off commands end with their agent: what is left is of a life before. */
  async #removeRuns(): Promise<void> {
    const filters = { label: [`${label.install}=${this.#agent.install}`, label.run] };
    const left = await asking(() => this.#engine.api.listContainers({ all: true, filters }));
    for (const { Id } of left) await this.#remove(Id);
  }

  // One change of a replica at a time.
  async #inLane<T>(replica: string, work: () => Promise<T>): Promise<T> {
    const before = this.#lanes.get(replica) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    this.#lanes.set(replica, settled);
    try {
      return await mine;
    } finally {
      if (this.#lanes.get(replica) === settled) this.#lanes.delete(replica);
    }
  }
}

// What is refused because it is so already is no failure; that nobody answers is.
function ignoreRefusal(error: unknown): void {
  if (refusalStatus(error) === null) throw error;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address === 'localhost';
}
