import { defaultSpec } from '@containr/plugin-projects/contract';
import { isContainrError } from '@containr/sdk';
import { MemoryDatabase, World } from '@containr/testing/simulation';
import { requestCancel } from '../../src/engine/complete.ts';
import { createDeployment } from '../../src/engine/create.ts';
import { Deployment } from '../../src/entities/deployment.ts';
import { Snapshot } from '../../src/entities/snapshot.ts';
import { isOpen } from '../../src/machine.ts';
import type { Behaviour } from './behaviour.ts';
import { idOf, SimulatedControlPlane } from './control-plane.ts';
import { SimulatedIngress } from './ingress.ts';
import { Invariants } from './invariants.ts';
import { SimulatedNode } from './node.ts';
import type { SimulatedService } from './projects.ts';
import { SimulatedProjects } from './projects.ts';

/** How long people and faults are at work, and how long the world then has to come to rest. Simulated milliseconds. */
const busyMs = 180_000;
const restMs = 400_000;
const buildsPerNode = 1;
/** The same where somebody is killed once, at an instant. */
const onceBusyMs = 40_000;
const onceRestMs = 200_000;

/** Who can be killed at an instant. */
export const victims = ['control', 'agent', 'engine', 'database'] as const;
export type Victim = (typeof victims)[number];

/** What goes wrong in a world: something now and then, nothing, or one kill right before its nth happening. */
export type Trouble = 'now and then' | 'none' | { readonly before: number; readonly victim: Victim };

/** One world of one seed: services, nodes, what people do and what goes wrong. */
export class Scenario {
  readonly world: World;
  readonly #database = new MemoryDatabase();
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #ingress = new SimulatedIngress();
  readonly #projects = new SimulatedProjects();
  readonly #nodes: SimulatedNode[];
  readonly #trouble: Trouble;
  readonly #busyMs: number;
  #control: SimulatedControlPlane | null = null;

  constructor(seed: number, trouble: Trouble = 'now and then') {
    this.world = new World(seed);
    this.#trouble = trouble;
    this.#busyMs = trouble === 'now and then' ? busyMs : onceBusyMs;
    const { world } = this;
    this.#nodes = Array.from(
      { length: world.between(1, 2) },
      (_, index) => new SimulatedNode(world, idOf(world), `node-${index + 1}`, this.#behaviours),
    );
    for (let count = world.between(1, 2); count > 0; count -= 1) this.#projects.services.push(newService(world));
  }

  /** Rejects with what did not hold. */
  async run(): Promise<void> {
    const { world } = this;
    const invariants = new Invariants({
      database: this.#database,
      nodes: this.#nodes,
      ingress: this.#ingress,
      services: this.#projects.services,
      behaviours: this.#behaviours,
      buildsPerNode,
    });
    for (const node of this.#nodes) node.startAgent();
    this.#startControl();
    for (const service of this.#projects.services) this.#people(service);
    const trouble = this.#trouble;
    if (typeof trouble === 'object') world.strike(trouble.before, () => this.#kill(trouble.victim));
    for (let faults = trouble === 'now and then' ? world.between(0, 8) : 0; faults > 0; faults -= 1)
      world.after(world.between(0, busyMs), 'fault', () => this.#goWrong());
    await world.run(this.#busyMs, () => invariants.always());
    this.#mend();
    await world.run(trouble === 'now and then' ? restMs : onceRestMs, () => invariants.always());
    invariants.atRest();
  }

  #startControl(): void {
    const control = new SimulatedControlPlane({
      world: this.world,
      database: this.#database,
      nodes: this.#nodes,
      ingress: this.#ingress,
      projects: this.#projects,
      settings: {
        runtime: 'process',
        drainMs: 5000,
        buildTimeoutMs: 60_000,
        releaseTimeoutMs: 60_000,
        nodeWaitMs: 30_000,
        buildsPerNode,
        buildsPerOrganisation: 2,
        rolloutsPerOrganisation: 1,
        keepVersions: 5,
        artifactDays: 14,
        artifactsPerService: 20,
        nodeBudgetBytes: 0,
        snapshotDays: 30,
        snapshotBudgetBytes: 0,
        recordDays: 90,
      },
    });
    this.#control = control;
    this.world.tell('control plane starts');
    for (const node of this.#nodes) this.#connect(node);
  }

  #connect(node: SimulatedNode): void {
    this.world.after(this.world.between(50, 3000), `${node.name} connects`, () => {
      if (this.#control?.alive && !node.reachable) node.connect(this.#control.uplink);
    });
  }

  /** What people do to a service: deploy, cancel, go back. Who is told that the database is down gives it up. */
  #people(service: SimulatedService): void {
    for (let acts = this.world.between(2, 6); acts > 0; acts -= 1) {
      this.world.after(this.world.between(0, this.#busyMs - 20_000), 'person', () =>
        this.#act(service).catch((error: unknown) => {
          if (!isContainrError(error) || error.code !== 'DEPENDENCY_DOWN') throw error;
        }),
      );
    }
  }

  async #act(service: SimulatedService): Promise<void> {
    const road = this.#control?.alive ? this.#control.road : null;
    if (!road) return;
    const own = this.#database.rows(Deployment).filter((one) => one.service === service.id);
    const act = this.world.chance();
    const back = own.filter((one) => one.artifact !== null && !isOpen(one.status));
    if (act < 0.15 && own.length > 0) {
      const { id, number } = this.world.pick(own);
      this.world.tell(`cancel #${number}`);
      await requestCancel(road, service.organisation, id);
    } else if (act < 0.3 && back.length > 0) {
      const target = this.world.pick(back);
      this.world.tell(`back to #${target.number}`);
      const { source, revision } = target;
      await createDeployment(road, { ...order(service), source, revision, rollbackOf: target });
    } else {
      const treeHash = this.#source(service);
      this.world.tell(`deploy ${JSON.stringify(this.#behaviours.get(treeHash))}`);
      const source = { kind: 'upload' as const, ref: null, commit: null, message: null, author: null, treeHash };
      await createDeployment(road, { ...order(service), source, revision: null });
    }
  }

  #source(service: SimulatedService): string {
    const { world } = this;
    const treeHash = Array.from({ length: 64 }, () => world.between(0, 15).toString(16)).join('');
    const sound = world.chance() < 0.6;
    this.#behaviours.set(treeHash, {
      build: sound || world.chance() < 0.7 ? 'ok' : 'fails',
      buildMs: world.between(100, 8000),
      program: sound ? 'answers' : world.pick(['silent', 'exits', 'crashes'] as const),
      startMs: world.between(0, 2000),
      crashMs: world.between(2500, 12_000),
    });
    const id = idOf(world);
    const at = new Date(world.now);
    this.#database.table(Snapshot).set(id, {
      id,
      organisation: service.organisation,
      treeHash,
      sizeBytes: 1,
      entries: 1,
      createdAt: at,
      usedAt: at,
    });
    return treeHash;
  }

  /** One thing that goes wrong, and is right again after a while. */
  #goWrong(): void {
    const { world } = this;
    const node = world.pick(this.#nodes);
    const again = world.between(200, 20_000);
    const what = world.pick(['control', 'agent', 'line', 'ingress'] as const);
    switch (what) {
      case 'control':
      case 'agent':
        return this.#kill(what, again, node);
      case 'line':
        world.tell(`line to ${node.name} is cut`);
        node.disconnect();
        world.after(again, 'line again', () => this.#connect(node));
        return;
      case 'ingress':
        world.tell('the ingress is down');
        this.#ingress.up = false;
        world.after(again, 'ingress again', () => {
          this.#ingress.up = true;
        });
    }
  }

  /** kill -9; whoever keeps the victim starts it again. */
  #kill(victim: Victim, again = this.world.between(200, 12_000), node = this.world.pick(this.#nodes)): void {
    const { world } = this;
    switch (victim) {
      case 'control':
        world.tell('control plane is killed');
        this.#control?.kill();
        this.#control = null;
        world.after(again, 'control plane again', () => {
          if (!this.#control) this.#startControl();
        });
        return;
      case 'agent':
        world.tell(`agent of ${node.name} is killed`);
        node.killAgent();
        world.after(again, 'agent again', () => {
          node.startAgent();
          this.#connect(node);
        });
        return;
      case 'engine':
        world.tell(`the engine of ${node.name} is killed`);
        node.runtime.up = false;
        world.after(again, 'engine again', () => {
          node.runtime.up = true;
        });
        return;
      case 'database':
        world.tell('the database is killed');
        this.#database.up = false;
        world.after(again, 'database again', () => {
          this.#database.up = true;
        });
    }
  }

  /** From here on nothing goes wrong any more. */
  #mend(): void {
    this.world.tell('nothing goes wrong from here on');
    this.#ingress.up = true;
    if (!this.#control?.alive) this.#startControl();
    this.world.after(21_000, 'all connect', () => {
      for (const node of this.#nodes) if (!node.reachable) this.#connect(node);
    });
  }
}

function order(service: SimulatedService): { organisation: string; service: string; createdBy: string } {
  return { organisation: service.organisation, service: service.id, createdBy: 'Ada' };
}

function newService(world: World): SimulatedService {
  return {
    id: idOf(world),
    organisation: idOf(world),
    kind: world.chance() < 0.85 ? 'web' : 'worker',
    spec: {
      ...defaultSpec,
      source: { ...defaultSpec.source, kind: 'upload' },
      replicas: world.between(1, 2),
      restart: world.pick(['always', 'never'] as const),
      health: { ...defaultSpec.health, startPeriodMs: 10_000 },
      watchMs: world.pick([0, 2000, 15_000]),
    },
  };
}
