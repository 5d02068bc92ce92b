import type { Agents, Capability, Logger, NodeInfo, PluginContext, Report, TaskOutcome } from '@containr/sdk';
import { ContainrError, isContainrError, Scope } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { BuildPlan, ReplicaState } from '@containr/sdk/contracts';
import { ReplicaChanged, ReplicaInventory } from '@containr/sdk/contracts';
import type { MemoryDatabase, World } from '@containr/testing/simulation';
import { MemoryJobs, memoryStore } from '@containr/testing/simulation';
import { listenToAgents } from '../../src/agents.ts';
import { advance } from '../../src/engine/advance.ts';
import { createBackground } from '../../src/engine/background.ts';
import { Advance, Repair } from '../../src/engine/job.ts';
import { repair } from '../../src/engine/repair.ts';
import type { Road } from '../../src/engine/road.ts';
import { sweep } from '../../src/engine/sweep.ts';
import type { Settings } from '../../src/settings.ts';
import type { SimulatedIngress } from './ingress.ts';
import type { SimulatedNode, Uplink } from './node.ts';
import type { SimulatedProjects } from './projects.ts';

/** What every life of the control plane finds in the world. */
export interface Surroundings {
  readonly world: World;
  readonly database: MemoryDatabase;
  readonly nodes: readonly SimulatedNode[];
  readonly ingress: SimulatedIngress;
  readonly projects: SimulatedProjects;
  readonly settings: Settings;
}

const plan: BuildPlan = {
  builder: 'simulated',
  provider: 'simulated',
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
  dockerfile: null,
  dockerfilePath: null,
  target: null,
  baseImages: [],
  files: {},
  why: [],
};

const sweepMs = 10_000;

/** One life of a control plane: the plugin's own engine, wired as `plugin.ts` wires it, on simulated surroundings. */
export class SimulatedControlPlane {
  readonly road: Road;
  readonly uplink: Uplink;
  readonly plugin = 'deployments';
  alive = true;
  /** Never aborted: a life ends by kill -9. */
  readonly signal = new AbortController().signal;
  readonly #world: World;
  readonly #jobs: MemoryJobs;

  constructor(around: Surroundings) {
    const { world, database } = around;
    this.#world = world;
    const { signal } = this;
    this.#jobs = new MemoryJobs(world, database, this);
    const hearing = new Hearing();
    const scope = new Scope('deployments');
    const log = logInto(world);
    const ctx = {
      plugin: this.plugin,
      install: { id: '01a00000-0000-7000-8000-000000000000', version: '0.0.0' },
      log,
      clock: { now: () => new Date(world.now), sleep: (ms: number) => world.sleep(this, ms, 'sleep') },
      random: { id: () => idOf(world) },
      signal,
      settings: { current: around.settings },
      hooks: { run: () => world.turn(this, 'gate') },
      services: { providers: () => [] },
      agents: hearing.agents(this, around.nodes),
      store: memoryStore(world, database, this),
      principal: (organisation: string | null) => ({
        kind: 'plugin',
        id: this.plugin,
        name: this.plugin,
        organisation,
        permissions: ['*'],
        via: 'internal',
      }),
      own: (label: string, undo: () => Promise<void>) => scope.own(label, undo),
    };
    this.road = {
      // What the engine does not use is not there, and would fail loudly.
      ctx: ctx as unknown as PluginContext<Settings>,
      snapshots: {
        exists: async () => true,
        unpacked: async () => plan,
      } as unknown as Road['snapshots'],
      projects: around.projects.client(world, this),
      quotas: { limits: async () => ({ organisations: [] }) },
      routes: around.ingress.client(world, this),
      logs: {
        append: async () => ({}),
        read: async ({ waitMs }) => {
          await world.sleep(this, waitMs, 'no line');
          return { lines: [] };
        },
      },
      rest: { suspended: false },
      background: createBackground(ctx),
    };
    this.#jobs.handle(Advance, (run) => advance(this.road, run.input, signal));
    this.#jobs.handle(Repair, (run) => repair(this.road, run.input));
    listenToAgents(this.road);
    this.uplink = hearing.uplink(this);
    this.#jobs.start();
    void this.#sweep(signal);
  }

  committed(): void {
    this.#jobs.look();
  }

  /** kill -9: whatever it waits for never comes. */
  kill(): void {
    this.alive = false;
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#world.sleep(this, sweepMs, 'sweep');
      await sweep(this.road, signal).catch((error: unknown) => {
        if (!isContainrError(error) || error.code !== 'DEPENDENCY_DOWN') this.#world.fail(error);
      });
    }
  }
}

/** What plugins hear of agents, and the line on which agents speak. */
class Hearing {
  readonly #ends = new Map<string, (end: { node: string; task: string; outcome: TaskOutcome }) => Promise<void>>();
  readonly #reports = new Map<
    string,
    { report: Report; handler: (payload: never, from: { node: string }) => Promise<void> }
  >();
  readonly #hellos: ((node: NodeInfo) => Promise<void>)[] = [];

  agents(life: SimulatedControlPlane, nodes: readonly SimulatedNode[]): Agents {
    const find = (id: string): SimulatedNode => {
      const node = nodes.find((one) => one.id === id);
      if (!node) throw new ContainrError({ code: 'NODE_UNREACHABLE', status: 503, detail: `There is no node ${id}.` });
      return node;
    };
    return {
      nodes: async () => nodes.map((node) => node.info),
      call: async (node, capability, input) => find(node).call(life, capability, input),
      startTask: async (node, capability, task, input) => find(node).startTask(life, capability, task, input),
      taskStatus: async (node, task) => find(node).taskStatus(life, task),
      cancelTask: async (node, task) => find(node).cancelTask(life, task),
      onTaskEnd: (capability: Capability, handler) => void this.#ends.set(capability.name, handler),
      onTaskOutput: () => undefined,
      onReport: (report, handler) => void this.#reports.set(report.name, { report, handler }),
      onConnect: (handler) => void this.#hellos.push(handler),
    };
  }

  uplink(life: SimulatedControlPlane): Uplink {
    const report = async (name: string, payload: unknown, node: string): Promise<void> => {
      const known = this.#reports.get(name);
      if (!known) throw new Error(`Nobody takes ${name}.`);
      await known.handler(validate<never>(known.report.payload, structuredClone(payload), name), { node });
    };
    return {
      life,
      connected: async (node) => {
        for (const hello of this.#hellos) await hello(node);
      },
      taskEnded: async (capability, end) => {
        const handler = this.#ends.get(capability);
        if (!handler) throw new Error(`Nobody takes the ends of ${capability}.`);
        await handler(structuredClone(end));
      },
      inventory: (node, runtime, replicas: readonly ReplicaState[]) =>
        report(ReplicaInventory.name, { runtime, replicas: [...replicas] }, node),
      changed: (node, state) => report(ReplicaChanged.name, state, node),
    };
  }
}

/** A UUIDv7 by simulated time and chance. */
export function idOf(world: World): string {
  const time = world.now.toString(16).padStart(12, '0');
  const digits = (count: number): string =>
    Array.from({ length: count }, () => world.between(0, 15).toString(16)).join('');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits(3)}-8${digits(3)}-${digits(12)}`;
}

function logInto(world: World): Logger {
  const say =
    (level: string) =>
    (fields: unknown, text?: string): void => {
      const error = typeof fields === 'object' && fields !== null && 'error' in fields ? fields.error : undefined;
      world.tell(`${level}: ${text ?? ''}${error instanceof Error ? `: ${error.message}` : ''}`);
    };
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
}
