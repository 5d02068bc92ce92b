import type { Job, JobRun } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { JobRow, MemoryDatabase } from './memory-database.ts';
import type { Life, World } from './world.ts';

type Handler = (run: JobRun<unknown>) => Promise<void>;

/** How long it takes until a job is free again whose end could not be written down. */
const forgottenMs = 10_000;

/**
 * Runs the jobs of a {@link MemoryDatabase} for one life: one at a time per queue, again with a growing pause after a throw. What ended
 * while the database was down is held until it is found that nobody runs it.
 */
export class MemoryJobs {
  readonly #world: World;
  readonly #database: MemoryDatabase;
  readonly #life: Life & { readonly signal: AbortSignal };
  readonly #handlers = new Map<string, { job: Job; handler: Handler }>();

  constructor(world: World, database: MemoryDatabase, life: Life & { readonly signal: AbortSignal }) {
    this.#world = world;
    this.#database = database;
    this.#life = life;
  }

  /** Takes the jobs of this name. */
  handle<P>(job: Job<P>, handler: (run: JobRun<P>) => Promise<void>): void {
    this.#handlers.set(job.name, { job, handler: handler as Handler });
  }

  /** Releases what an earlier life had taken, and begins. */
  start(): void {
    for (const job of this.#database.jobs) job.locked = false;
    this.look();
  }

  /** Starts what is due, now and at the time of each job that is not yet. */
  look(): void {
    for (const job of this.#database.jobs) {
      if (job.locked) continue;
      const wait = Math.max(0, job.runAt - this.#world.now);
      this.#world.after(wait + this.#world.between(1, 10), `job ${job.name}`, () => this.#take(job));
    }
  }

  async #take(job: JobRow): Promise<void> {
    const { jobs } = this.#database;
    if (!this.#database.up) return this.#world.after(2000, 'look for jobs', () => this.#take(job));
    if (!this.#life.alive || job.locked || !jobs.includes(job) || job.runAt > this.#world.now) return;
    if (job.queue !== null && jobs.some((one) => one.locked && one.queue === job.queue)) return;
    const known = this.#handlers.get(job.name);
    if (!known) return;
    job.locked = true;
    job.attempts += 1;
    try {
      const input = validate(known.job.input, structuredClone(job.input), `The input of ${job.name}`);
      await known.handler({ input, attempt: job.attempts, signal: this.#life.signal });
      if (!this.#database.up) return this.#forgotten(job);
      this.#database.jobs = this.#database.jobs.filter((one) => one !== job);
    } catch (error) {
      if (!this.#database.up) return this.#forgotten(job);
      job.locked = false;
      job.runAt = this.#world.now + Math.round(1000 * Math.exp(Math.min(10, job.attempts)));
      this.#world.tell(`job ${job.name} failed: ${error instanceof Error ? error.message : String(error)}`);
      if (job.attempts >= job.maxAttempts) this.#database.jobs = this.#database.jobs.filter((one) => one !== job);
    }
    this.look();
  }

  #forgotten(job: JobRow): void {
    this.#world.after(forgottenMs, 'a job that nobody runs is found', () => {
      if (!this.#life.alive) return;
      if (!this.#database.up) return this.#forgotten(job);
      job.locked = false;
      this.look();
    });
  }
}
