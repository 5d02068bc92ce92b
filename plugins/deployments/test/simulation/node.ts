import type { Capability, NodeInfo, TaskOutcome } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { ReplicaState } from '@containr/sdk/contracts';
import type { Life } from '@containr/testing/simulation';
import { World } from '@containr/testing/simulation';
import { HealthProbe, ProbeRequest } from '../../src/health/probe-capability.ts';
import { driver } from '../../src/replicas/drivers.ts';
import type { Behaviour } from './behaviour.ts';
import { SimulatedRuntime } from './runtime.ts';

/** How a node reaches the control plane of the moment. */
export interface Uplink {
  readonly life: Life;
  connected(node: NodeInfo): Promise<void>;
  taskEnded(capability: string, end: { node: string; task: string; outcome: TaskOutcome }): Promise<void>;
  inventory(node: string, runtime: string, replicas: readonly ReplicaState[]): Promise<void>;
  changed(node: string, state: ReplicaState): Promise<void>;
}

interface SimulatedTask {
  readonly id: string;
  readonly capability: string;
  readonly input: unknown;
  outcome: TaskOutcome | null;
  delivered: boolean;
}

const capabilities = driver('process');
const inventoryMs = 30_000;

/** A node: its runtime and what its agent keeps outlive the agent's own lives, as on a real one. */
export class SimulatedNode {
  readonly id: string;
  readonly name: string;
  readonly runtime: SimulatedRuntime;
  readonly #world: World;
  readonly #behaviours: ReadonlyMap<string, Behaviour>;
  readonly #tasks = new Map<string, SimulatedTask>();
  #agent: Life & { alive: boolean } = { alive: false };
  #uplink: Uplink | null = null;

  constructor(world: World, id: string, name: string, behaviours: ReadonlyMap<string, Behaviour>) {
    this.#world = world;
    this.id = id;
    this.name = name;
    this.#behaviours = behaviours;
    this.runtime = new SimulatedRuntime(world, behaviours, (state) => this.#tell(state));
  }

  get info(): NodeInfo {
    return {
      id: this.id,
      name: this.name,
      state: this.reachable ? 'reachable' : 'unknown',
      placement: 'open',
      placementSince: null,
      capabilities: [...Object.values(capabilities), HealthProbe].map((one) => one.name),
      labels: {},
      address: '127.0.0.1',
      cpus: 2,
      memoryBytes: 8_589_934_592,
      lastSeenAt: new Date(this.#world.now),
    };
  }

  get reachable(): boolean {
    return this.#agent.alive && this.#uplink !== null && this.#uplink.life.alive;
  }

  /** Starts the agent; tasks of its earlier life are lost. */
  startAgent(): void {
    this.#agent.alive = false;
    this.#agent = { alive: true };
    this.#uplink = null;
    for (const task of this.#tasks.values()) task.outcome ??= { status: 'lost' };
  }

  /** kill -9 of the agent. */
  killAgent(): void {
    this.#agent.alive = false;
    this.#uplink = null;
  }

  /** The line is down; the agent lives. */
  disconnect(): void {
    this.#uplink = null;
  }

  /** Connects to a control plane: says hello, sends the whole list, and what was not yet delivered. */
  connect(uplink: Uplink): void {
    if (!this.#agent.alive) return;
    this.#uplink = uplink;
    this.#deliver('hello', () => uplink.connected(this.info));
    this.#inventory(uplink);
    for (const task of this.#tasks.values()) if (task.outcome) this.#deliverEnd(task);
    for (const state of this.runtime.list()) this.#tell(state);
  }

  /** A short call from the control plane; throws `NODE_UNREACHABLE`, also when only the answer was lost. */
  async call<I, O>(caller: Life, capability: Capability<I, O>, input: I): Promise<O> {
    const checked = validate<I>(capability.input, structuredClone(input), capability.name);
    const uplink = this.#uplink;
    await this.#world.turn(caller, capability.name);
    if (!this.reachable || this.#uplink !== uplink) throw unreachable(this.name);
    if (!this.runtime.up) throw engineGone(this.name);
    const output = validate<O>(capability.output, this.#perform(capability.name, checked), capability.name);
    await this.#world.turn(caller, `${capability.name} answers`);
    if (!this.reachable || this.#uplink !== uplink) throw unreachable(this.name);
    // The engine did it, and ended before it could say so.
    if (!this.runtime.up) throw engineGone(this.name);
    return output;
  }

  /** Begins a task, or finds that it has begun. */
  async startTask<I, O>(caller: Life, capability: Capability<I, O>, id: string, input: I): Promise<void> {
    const checked = validate<I>(capability.input, structuredClone(input), capability.name);
    await this.#world.turn(caller, `start ${id}`);
    if (!this.reachable) throw unreachable(this.name);
    const known = this.#tasks.get(id);
    // Whoever starts it again did not hear that it ended.
    if (known?.outcome && known.delivered) {
      known.delivered = false;
      this.#deliverEnd(known);
    }
    if (!known) {
      const task: SimulatedTask = { id, capability: capability.name, input: checked, outcome: null, delivered: false };
      this.#tasks.set(id, task);
      this.#work(task);
    }
    await this.#world.turn(caller, `started ${id}`);
    if (!this.reachable) throw unreachable(this.name);
  }

  async taskStatus(caller: Life, id: string): Promise<'running' | 'ended' | 'unknown'> {
    await this.#world.turn(caller, `ask after ${id}`);
    if (!this.reachable) throw unreachable(this.name);
    const task = this.#tasks.get(id);
    return task ? (task.outcome ? 'ended' : 'running') : 'unknown';
  }

  async cancelTask(caller: Life, id: string): Promise<void> {
    await this.#world.turn(caller, `cancel ${id}`);
    if (!this.reachable) throw unreachable(this.name);
    const task = this.#tasks.get(id);
    if (task && !task.outcome) this.#end(task, { status: 'cancelled' });
  }

  #perform(name: string, input: unknown): unknown {
    switch (name) {
      case capabilities.start.name:
        return this.runtime.start(validate(capabilities.start.input, input, name));
      case capabilities.stop.name:
        return this.runtime.stop(validate<{ replica: string }>(capabilities.stop.input, input, name).replica);
      case capabilities.exists.name:
        return { exists: true };
      case capabilities.listeners.name:
        return { listeners: [] };
      default:
        throw new Error(`The simulated node can't ${name}.`);
    }
  }

  #work(task: SimulatedTask): void {
    const agent = this.#agent;
    const finish = (ms: number, outcome: () => TaskOutcome): void =>
      this.#world.after(ms, `end ${task.id}`, () => {
        if (agent.alive && !task.outcome) this.#end(task, outcome());
      });
    if (task.capability === HealthProbe.name) {
      const probe = validate<ProbeRequest>(ProbeRequest, task.input, task.capability);
      const { until, periodMs } = probe.timing;
      const ready = until === 'ready' ? this.runtime.answersIn(probe.replica) : periodMs;
      const healthy = ready !== null && (until === 'steady' || ready < periodMs);
      const took = healthy ? ready + 10 : periodMs;
      finish(took, () => ({
        status: 'done',
        output: {
          healthy: healthy && this.runtime.answersIn(probe.replica) === 0,
          connected: healthy,
          lastStatus: null,
          lastError: null,
          attempts: 1,
          tookMs: took,
        },
      }));
      return;
    }
    const { treeHash, name } = validate<{ treeHash: string; name: string }>(
      capabilities.build.input,
      task.input,
      task.capability,
    );
    const behaviour = this.#behaviours.get(treeHash);
    finish(behaviour?.buildMs ?? 100, () =>
      !this.runtime.up
        ? { status: 'failed', code: 'ENGINE_UNAVAILABLE', detail: 'The engine does not answer.', hint: null }
        : behaviour?.build === 'ok'
          ? {
              status: 'done',
              output: {
                kind: 'directory',
                id: treeHash,
                reference: `/artifacts/${name}`,
                runtime: 'process',
                node: this.id,
                sizeBytes: 1,
                command: null,
                port: null,
              },
            }
          : { status: 'failed', code: 'BUILD_FAILED', detail: 'The build failed.', hint: null },
    );
  }

  #end(task: SimulatedTask, outcome: TaskOutcome): void {
    task.outcome = outcome;
    this.#deliverEnd(task);
  }

  #deliverEnd(task: SimulatedTask): void {
    const { outcome, id, capability } = task;
    if (!outcome || task.delivered) return;
    this.#deliver(`end of ${id}`, async (uplink) => {
      if (task.delivered) return;
      await uplink.taskEnded(capability, { node: this.id, task: id, outcome });
      // The acknowledgement itself may be lost: then it is delivered again.
      if (this.#world.chance() > 0.05) task.delivered = true;
      else this.#deliverEnd(task);
    });
  }

  #tell(state: ReplicaState): void {
    const { replica } = state;
    this.#deliver(`change of ${replica}`, async (uplink) => {
      const latest = this.runtime.get(replica);
      if (latest) await uplink.changed(this.id, latest);
    });
  }

  #inventory(uplink: Uplink): void {
    if (this.runtime.up) this.#deliver('inventory', () => uplink.inventory(this.id, 'process', this.runtime.list()));
    this.#world.after(inventoryMs, 'inventory', () => {
      if (this.#uplink === uplink && this.reachable) this.#inventory(uplink);
    });
  }

  /** Over the line of this moment; what fails is sent again as long as the line holds. */
  #deliver(label: string, send: (uplink: Uplink) => Promise<void>): void {
    const uplink = this.#uplink;
    if (!uplink) return;
    this.#world.after(this.#world.between(1, 30), label, async () => {
      if (this.#uplink !== uplink || !this.reachable) return;
      try {
        await send(uplink);
      } catch (error) {
        this.#world.tell(
          `${this.name} sends again: ${label}: ${error instanceof Error ? error.message : String(error)}`,
        );
        this.#world.after(1000, label, () => this.#deliver(label, send));
      }
    });
  }
}

function engineGone(node: string): ContainrError {
  return new ContainrError({
    code: 'ENGINE_UNAVAILABLE',
    status: 503,
    detail: `The engine of ${node} does not answer.`,
  });
}

function unreachable(node: string): ContainrError {
  return new ContainrError({ code: 'NODE_UNREACHABLE', status: 503, detail: `${node} is not connected.` });
}
