import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { lchown, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { carryIn, carryOut } from './carry.ts';
import { findArtifact, requireArtifact } from './artifact-record.ts';
import type { ArtifactRecord } from './artifact-record.ts';
import type { BuildIo } from './build/builds.ts';
import { Builds } from './build/builds.ts';
import { Toolchains } from './build/toolchains.ts';
import { probeIsolation } from './isolation/capabilities.ts';
import type { NodeIsolation } from './isolation/capabilities.ts';
import type { PreparedCell } from './isolation/cells.ts';
import { prepareCell } from './isolation/cells.ts';
import { entryOf } from './isolation/enter.ts';
import { sendSignal } from './isolation/cell-process.ts';
import { removeGroup, sweepGroups } from './isolation/control-group.ts';
import { processTree } from './isolation/process-table.ts';
import { Users } from './isolation/users.ts';
import type { NodeFolders } from './node-folders.ts';
import { nodeFolders, replicaFiles } from './node-folders.ts';
import { execInReplica } from './replica/exec-in-replica.ts';
import { followLog } from './replica/follow-log.ts';
import { launch, startFailed } from './replica/launch.ts';
import { listenersOf } from './replica/listeners.ts';
import { Ports } from './replica/ports.ts';
import type { ReplicaRecord } from './replica/replica-record.ts';
import { isAlive, ReplicaStore, stateOf } from './replica/replica-store.ts';
import type { ReplicaSupervision } from './replica/supervision.ts';
import { SupervisorProgram, taskName, TaskRunner } from './replica/task-runner.ts';

const extraGraceMs = 3000;

/** Runs replicas as processes of this node, each under a supervisor that outlives the agent. */
export class ProcessRuntime implements Runtime {
  readonly driver = 'process';
  readonly #agent: AgentContext;
  readonly #folders: NodeFolders;
  readonly #isolation: NodeIsolation;
  readonly #users: Users;
  readonly #toolchains: Toolchains;
  readonly #program: SupervisorProgram;
  readonly #tasks: TaskRunner;
  readonly #builds: Builds;
  readonly #replicas: ReplicaStore;
  readonly #ports = new Ports();
  readonly #lanes = new Map<string, Promise<unknown>>();

  private constructor(agent: AgentContext, folders: NodeFolders, isolation: NodeIsolation) {
    this.#agent = agent;
    this.#folders = folders;
    this.#isolation = isolation;
    this.#users = new Users(folders.users, agent.install);
    this.#toolchains = new Toolchains(folders.toolchains, agent.exec);
    this.#program = new SupervisorProgram(agent.program('supervisor'));
    this.#tasks = new TaskRunner(this.#program);
    this.#replicas = new ReplicaStore(folders);
    this.#builds = new Builds({
      agent,
      folders,
      isolation,
      users: this.#users,
      toolchains: this.#toolchains,
      tasks: this.#tasks,
    });
  }

  /** Finds out what the node offers; replicas that run already are adopted by their records. */
  static async open(agent: AgentContext): Promise<ProcessRuntime> {
    const folders = await nodeFolders(agent.directory);
    // Builds end with their agent: what is left is of a life before.
    await rm(folders.builds, { recursive: true, force: true });
    await mkdir(folders.builds, { mode: 0o755 });
    const isolation = await probeIsolation(agent.exec);
    await sweepGroups(isolation.hierarchies, new Date());
    const runtime = new ProcessRuntime(agent, folders, isolation);
    agent.log.info(
      { isolation: isolation.description, adopted: runtime.#replicas.list().length },
      'The process runtime is ready',
    );
    return runtime;
  }

  async build(request: BuildRequest, io: BuildIo): Promise<Artifact> {
    return this.#builds.build(request, io);
  }

  async run(request: RunRequest, io: BuildIo): Promise<{ exitCode: number }> {
    const record = await requireArtifact(this.#folders.artifacts, request.artifact);
    const command = request.command ?? record.artifact.command;
    if (command === null) throw startFailed('The artifact has no start command.', 'Name the command to run.');
    const work = join(this.#folders.builds, randomUUID());
    try {
      const prepared = await this.#cell(record, taskName(), request.service, request.resources, {
        root: join(work, 'root'),
        home: join(work, 'home'),
        temporary: join(work, 'tmp'),
      });
      const variables = { ...record.variables, ...request.variables, ...prepared.variables };
      const exitCode = await this.#tasks.run(
        { kind: 'task', cell: prepared.cell, command, variables },
        io.signal,
        (text, stream) => io.output(text, stream),
      );
      await removeGroup(prepared.cell.group?.directories ?? []);
      return { exitCode };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  exec(request: ExecRequest, io: BuildIo): Promise<{ exitCode: number }> {
    return execInReplica(this.#replicas.get(request.replica), request, io);
  }

  async start(spec: ReplicaSpec): Promise<ReplicaState> {
    return this.#inLane(spec.replica, async () => {
      const known = this.#replicas.get(spec.replica);
      return stateOf(known ?? (await this.#startNew(spec)));
    });
  }

  async #startNew(spec: ReplicaSpec): Promise<ReplicaRecord> {
    const record = await requireArtifact(this.#folders.artifacts, spec.artifact);
    const command = spec.command ?? record.artifact.command;
    if (command === null) throw startFailed('The artifact has no start command.', 'Give the service a start command.');
    for (const toolchain of record.toolchains)
      await this.#toolchains.ensure(toolchain, this.#agent.signal, () => undefined);
    const files = replicaFiles(this.#folders, spec.replica);
    const port = await this.#ports.take(new Set(this.#replicas.list().map((each) => each.port)));
    try {
      const prepared = await this.#cell(record, spec.replica, spec.service, spec.resources, files);
      const supervision: ReplicaSupervision = {
        kind: 'replica',
        replica: spec.replica,
        deployment: spec.deployment,
        service: spec.service,
        organisation: spec.organisation,
        cell: prepared.cell,
        command,
        variables: { ...record.variables, ...spec.variables, ...prepared.variables, PORT: String(port) },
        entry: entryOf(prepared.cell, { ...prepared.variables, PORT: String(port) }),
        restart: spec.restart,
        restartTries: spec.restartTries ?? null,
        stop: spec.stop,
        address: this.#agent.node.address,
        port,
        isolation: this.#isolation.description,
        files: { record: files.record, logs: files.logs, stop: files.stop },
      };
      return await launch(this.#program, this.#replicas, supervision, files.supervisorOutput);
    } catch (error) {
      this.#replicas.remove(spec.replica);
      throw error;
    } finally {
      this.#ports.release(port);
    }
  }

  async stop(request: { replica: string; signal: string; graceMs: number }): Promise<void> {
    await this.#inLane(request.replica, async () => {
      const record = this.#replicas.get(request.replica);
      if (!record) return this.#replicas.remove(request.replica);
      const files = replicaFiles(this.#folders, request.replica);
      if (isAlive(record)) {
        writeFileSync(files.stop, JSON.stringify({ signal: request.signal, graceMs: request.graceMs }), {
          mode: 0o600,
        });
        sendSignal(record.supervisor.pid, 'SIGTERM');
        if (!(await this.#gone(record, request.graceMs + extraGraceMs))) {
          if (record.child !== null && this.#isolation.kind === 'none')
            for (const pid of await processTree(record.child)) sendSignal(pid, 'SIGKILL');
          sendSignal(record.supervisor.pid, 'SIGKILL');
          await this.#gone(record, extraGraceMs);
        }
      }
      await removeGroup(record.groups);
      this.#replicas.remove(request.replica);
    });
  }

  async #gone(record: ReplicaRecord, patienceMs: number): Promise<boolean> {
    const deadline = performance.now() + patienceMs;
    while (isAlive(record)) {
      if (performance.now() > deadline) return false;
      await sleep(10);
    }
    return true;
  }

  async list(): Promise<readonly ReplicaState[]> {
    return this.#replicas.list().map(stateOf);
  }

  async listeners(replica: string): Promise<readonly { address: string; port: number }[]> {
    const child = this.#replicas.get(replica)?.child;
    return child ? listenersOf(await processTree(child)) : [];
  }

  async exists(artifact: Artifact): Promise<boolean> {
    return (await findArtifact(this.#folders.artifacts, artifact)) !== null;
  }

  async removeArtifact(artifact: Artifact): Promise<void> {
    const record = await findArtifact(this.#folders.artifacts, artifact);
    if (record) await rm(record.artifact.reference, { recursive: true, force: true });
  }

  pack(artifact: Artifact, file: string, signal: AbortSignal): Promise<void> {
    return carryOut(this.#folders, artifact, file, signal);
  }

  async unpack(artifact: Artifact, file: string, signal: AbortSignal): Promise<void> {
    await carryIn(this.#folders, artifact, file, signal);
    // Here is time for it; a start is to be quick.
    const { toolchains } = await requireArtifact(this.#folders.artifacts, artifact);
    for (const toolchain of toolchains) await this.#toolchains.ensure(toolchain, signal, () => undefined);
  }

  async watch(changed: (replica: string) => void, signal: AbortSignal): Promise<void> {
    await this.#replicas.watch(changed, signal);
  }

  logs(replica: string, cursor: string | null, signal: AbortSignal): AsyncIterable<RuntimeLogEntry> {
    const ended = (): boolean => (this.#replicas.get(replica)?.state ?? 'exited') === 'exited';
    return followLog(replicaFiles(this.#folders, replica).logs, cursor, ended, signal);
  }

  async #cell(
    record: ArtifactRecord,
    name: string,
    service: string,
    resources: { cpu: number; memoryBytes: number },
    folders: { root: string; home: string; temporary: string },
  ): Promise<PreparedCell> {
    const uid = this.#users.of(service);
    for (const folder of [folders.root, folders.home, folders.temporary])
      await mkdir(folder, { recursive: true, mode: 0o755 });
    const prepared = prepareCell(this.#isolation, {
      name,
      uid,
      root: folders.root,
      home: folders.home,
      temporary: folders.temporary,
      app: join(record.artifact.reference, 'app'),
      appWritable: false,
      rootDirectory: record.rootDirectory,
      cache: null,
      toolchainDirectory: this.#folders.toolchains,
      toolchains: record.toolchains,
      files: [],
      resources,
    });
    if (prepared.cell.uid !== null)
      for (const folder of [folders.home, folders.temporary]) await lchown(folder, uid, uid);
    return prepared;
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
