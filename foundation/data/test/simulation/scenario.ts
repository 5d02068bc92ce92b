import type { EnqueueOptions } from '@containr/sdk';
import { defineJob, defineSchema } from '@containr/sdk';
import { createLogger } from '@containr/sdk/host';
import { inLife, simulateTimers, World } from '@containr/testing/simulation';
import { addJob } from '../../src/jobs/add.ts';
import { createJobs } from '../../src/jobs/index.ts';
import type { Jobs } from '../../src/jobs/index.ts';
import type { Notice, RealServer } from './real-server.ts';
import { SimulatedPool } from './simulated-pool.ts';

const busyMs = 20_000;
const restMs = 80_000;
const log = createLogger({ level: 'silent' });

const Work = defineJob({
  name: 'work',
  summary: 'Works',
  input: defineSchema({
    type: 'object',
    properties: { id: { type: 'integer' } },
    required: ['id'],
    additionalProperties: false,
  }),
});

/** What was asked for, and what came of it. */
interface Asked {
  readonly id: number;
  readonly key: string | undefined;
  readonly queue: string | undefined;
  /** Simulated time; `null`: its transaction was rolled back, or is not over. */
  committed: number | null;
  rolledBack: boolean;
  ended: number;
}

/** One life of a process that works off jobs. */
interface Worker {
  readonly name: string;
  alive: boolean;
  readonly pool: SimulatedPool;
  readonly jobs: Jobs;
  readonly running: Set<Asked>;
}

/** One world of one seed: the runner of jobs of two processes over a real queue, what is enqueued and what goes wrong. */
export class Scenario {
  readonly world: World;
  readonly #server: RealServer;
  readonly #asked: Asked[] = [];
  #workers: Worker[] = [];
  #started = 0;
  #bad = true;
  /** A database that is quick, as usual, or slow. */
  readonly #longestMs: number;

  constructor(seed: number, server: RealServer) {
    this.world = new World(seed);
    this.world.turns = 3;
    this.#server = server;
    this.#longestMs = this.world.pick([10, 40, 600]);
  }

  /** Rejects with what did not hold. */
  async run(): Promise<void> {
    const { world } = this;
    await this.#server.clear();
    const undo = simulateTimers(world);
    try {
      for (let slot = world.between(1, 2); slot > 0; slot -= 1) this.#start();
      for (let count = world.between(3, 10); count > 0; count -= 1)
        world.after(world.between(0, busyMs), 'enqueue', () => this.#enqueue());
      for (let faults = world.between(0, 4); faults > 0; faults -= 1)
        world.after(world.between(0, busyMs), 'fault', () => this.#goWrong());
      await world.run(busyMs);
      this.#bad = false;
      this.#server.skewMs = Math.max(0, this.#server.skewMs);
      world.tell('nothing goes wrong from here on');
      if (this.#workers.length === 0) this.#start();
      await world.run(restMs);
      this.#atRest();
    } finally {
      undo();
      for (const worker of this.#workers) {
        worker.alive = false;
        await worker.pool.close();
      }
    }
  }

  #start(): void {
    const { world } = this;
    this.#started += 1;
    const name = `process-${this.#started}`;
    const life = { alive: true };
    const heard = (notices: readonly Notice[]): void => {
      for (const worker of this.#workers)
        // Some are lost: nothing may depend on them.
        if (world.chance() < 0.9)
          world.after(world.between(1, 20), 'notice', () => (worker.alive ? worker.pool.notify(notices) : undefined));
    };
    const pool = new SimulatedPool({ world, server: this.#server, life, name, longestMs: this.#longestMs, heard });
    const jobs = createJobs({ pool: pool.asPool, log });
    const worker: Worker = Object.assign(life, { name, pool, jobs, running: new Set<Asked>() });
    this.#workers.push(worker);
    world.tell(`${name} starts`);
    inLife(worker, () => {
      jobs.handle('p', Work, ({ input, attempt }) => this.#work(worker, input.id, attempt));
      jobs.start().catch((error: unknown) => world.fail(error));
    });
  }

  async #work(worker: Worker, id: number, attempt: number): Promise<void> {
    const { world } = this;
    const asked = this.#asked.find((one) => one.id === id);
    if (!asked) throw new Error(`Nobody asked for ${id}.`);
    world.tell(`${worker.name} begins ${id}, attempt ${attempt}`);
    if (asked.rolledBack) world.fail(new Error(`${id} runs, and its transaction was rolled back.`));
    for (const other of this.#workers)
      for (const one of other.running) {
        if (one === asked) world.fail(new Error(`${id} runs in ${other.name} and in ${worker.name} at once.`));
        else if (asked.queue !== undefined && one.queue === asked.queue)
          world.fail(new Error(`${id} and ${one.id} of the queue ${asked.queue} run at once.`));
      }
    worker.running.add(asked);
    await world.sleep(worker, world.between(0, 8000), 'works');
    worker.running.delete(asked);
    if (this.#bad && world.chance() < 0.25) throw new Error('It fails.');
    asked.ended += 1;
    world.tell(`${worker.name} ends ${id}`);
  }

  async #enqueue(): Promise<void> {
    const { world } = this;
    const [worker] = this.#workers;
    if (!worker) return;
    const key = world.chance() < 0.3 ? world.pick(['a', 'b']) : undefined;
    const queue = world.chance() < 0.3 ? world.pick(['one', 'two']) : undefined;
    const id = this.#asked.length + 1;
    const asked: Asked = { id, key, queue, committed: null, rolledBack: false, ended: 0 };
    this.#asked.push(asked);
    const options: EnqueueOptions = {
      ...(key === undefined ? {} : { key }),
      ...(queue === undefined ? {} : { queue }),
      ...(world.chance() < 0.3 ? { runAt: new Date(world.now + world.between(0, 10_000)) } : {}),
    };
    const commits = world.chance() < 0.8;
    asked.rolledBack = !commits;
    await worker.pool.transaction(async (run) => {
      await addJob(run, 'p', Work, { id }, options);
      if (commits) asked.committed = world.now;
      world.tell(`${worker.name} ${commits ? 'commits' : 'rolls back'} ${JSON.stringify({ id, ...options })}`);
    }, commits);
  }

  /** One thing that goes wrong. */
  #goWrong(): void {
    const { world } = this;
    const worker = this.#workers[world.between(0, Math.max(0, this.#workers.length - 1))];
    switch (world.pick(['kill', 'kill', 'stop', 'join', 'join', 'clock'] as const)) {
      case 'join':
        // A process comes when there is much to do.
        for (let burst = world.between(0, 8); burst > 0; burst -= 1)
          world.after(world.between(0, 1000), 'enqueue', () => this.#enqueue());
        if (this.#workers.length < 3) this.#start();
        return;
      case 'clock':
        this.#server.skewMs += world.between(-5000, 5000);
        world.tell(`the clock of the database is ${this.#server.skewMs} ms off`);
        return;
      case 'kill':
        if (worker) void this.#kill(worker);
        return;
      case 'stop':
        if (worker) void inLife(worker, () => worker.jobs.stop()).then(() => this.#kill(worker));
    }
  }

  async #kill(worker: Worker): Promise<void> {
    const { world } = this;
    if (!worker.alive) return;
    world.tell(`${worker.name} ends`);
    worker.alive = false;
    this.#workers = this.#workers.filter((one) => one !== worker);
    world.after(world.between(200, 5000), 'again', () => {
      if (this.#workers.length === 0) this.#start();
    });
    await worker.pool.close();
  }

  #atRest(): void {
    for (const asked of this.#asked) {
      const newer = this.#asked.some((one) => one.key === asked.key && (one.committed ?? 0) > (asked.committed ?? 0));
      if (asked.committed === null || (asked.key !== undefined && newer)) continue;
      if (asked.ended === 0) throw new Error(`${asked.id} was enqueued, and never ran to its end.`);
    }
  }
}
