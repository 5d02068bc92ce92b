import { EventEmitter } from 'node:events';
import type { Pool } from 'pg';
import type { ParsedCronItem, Runner, Task, WorkerEvents } from 'graphile-worker';
import { Logger as WorkerLogger, parseCronItem, run } from 'graphile-worker';
import type { Disposer, Job, JobRun, Logger } from '@containr/sdk';
import { conflict } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { taskOf } from './add.ts';
import { releaseDeadWorkers } from './dead-workers.ts';
import { deleteReplacedJobs, watchForgottenJobs } from './forgotten-jobs.ts';
import type { Lease } from './lease.ts';
import { openLease, registerWorkers } from './lease.ts';

const concurrency = 4;
const pollMs = 2000;
const drainMs = 5000;
const releaseMs = 5000;
// The runner refuses an empty list.
const idle = 'containr:idle';

/** A job that waits, runs, or was given up. */
export interface JobInfo {
  readonly id: string;
  readonly plugin: string;
  readonly name: string;
  /** `failed`: given up after its last attempt; `paused`: its plugin is off. */
  readonly state: 'waiting' | 'scheduled' | 'running' | 'failed' | 'paused';
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly runAt: string;
  readonly createdAt: string;
  readonly lastError: string | null;
}

/** Durable background work of one control-plane process. */
export interface Jobs {
  /** Takes a plugin's jobs of one kind; the disposer leaves new ones waiting and drains those that run. */
  handle<P>(
    plugin: string,
    job: Job<P>,
    handler: (run: JobRun<P>) => Promise<void>,
    options?: { schedule?: string },
  ): Disposer;
  start(): Promise<void>;
  stop(): Promise<void>;
  list(limit?: number): Promise<readonly JobInfo[]>;
  /** Jobs that have a handler now, as `plugin:name`. */
  handled(): readonly string[];
}

/** Makes the job runner; jobs of a plugin that is off wait in the database. */
export function createJobs({ pool, log }: { pool: Pool; log: Logger }): Jobs {
  const tasks: Record<string, Task> = { [idle]: () => undefined };
  const cron: ParsedCronItem[] = [];
  const workers: string[] = [];
  const running = new Set<string>();
  const forgottenJobs = watchForgottenJobs(pool);
  const owner = pool.options.application_name ?? '';
  let lease: Lease | null = null;
  let runner: Runner | null = null;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  async function release(): Promise<void> {
    try {
      await lease?.renew();
      const released = await releaseDeadWorkers(pool, workers);
      if (released.length > 0)
        log.warn({ workers: released.length }, 'Jobs of a dead control plane are free to run again');
      const forgotten = await forgottenJobs.look(workers, running);
      if (released.length + forgotten > 0) await deleteReplacedJobs(pool);
      if (forgotten > 0) log.warn({ forgotten }, 'Jobs that were held and not run are free to run again');
    } catch (error) {
      forgottenJobs.broke();
      log.warn({ error }, 'Jobs that nobody runs could not be looked for; trying again later');
    }
  }

  return {
    handle(plugin, job, handler, options = {}) {
      const task = taskOf(plugin, job.name);
      if (task in tasks) throw conflict('CONFLICT_JOB', `The job ${task} has a handler already.`, 'Handle it once.');
      const { run: runOne, drain } = createTask(task, job, handler, () => lease?.signal);
      const item =
        options.schedule === undefined
          ? null
          : parseCronItem({
              task,
              match: options.schedule,
              options: { backfillPeriod: 0, jobKey: `${task}:schedule` },
            });
      tasks[task] = runOne;
      if (item) cron.push(item);
      if (runner)
        void pool
          .query(`select pg_notify('jobs:insert', $1)`, [JSON.stringify({ count: concurrency })])
          .catch(() => undefined);
      return async () => {
        delete tasks[task];
        if (item) cron.splice(cron.indexOf(item), 1);
        await drain();
      };
    },
    async start() {
      const logger = new WorkerLogger(() => (level, message) => {
        if (level === 'error') log.error({}, message);
        else log.debug({}, message);
      });
      const events: WorkerEvents = new EventEmitter();
      events.on('pool:create', ({ workerPool }) => workers.push(workerPool.id));
      events.on('job:start', ({ job }) => running.add(job.id));
      events.on('job:complete', ({ job }) => running.delete(job.id));
      events.on('pool:listen:error', () => forgottenJobs.broke());
      events.on('worker:getJob:error', () => forgottenJobs.broke());
      await release();
      runner = await run(
        { pgPool: pool, logger, events, concurrency, pollInterval: pollMs, noHandleSignals: true },
        tasks,
        cron,
      );
      runner.promise.catch((error: unknown) => log.error({ error }, 'The job runner ended'));
      await registerWorkers(pool, workers, owner);
      lease = openLease(pool, {
        workers,
        process: owner,
        lost: (why) => log.warn({ why, jobs: running.size }, 'What runs of the jobs is ended: they may run elsewhere'),
      });
      timer = setInterval(() => void (looking = release()), releaseMs).unref();
    },
    async stop() {
      clearInterval(timer);
      await looking;
      lease = null;
      await runner?.stop().catch((error: unknown) => log.warn({ error }, 'The job runner did not stop cleanly'));
      runner = null;
      await pool
        .query('delete from containr.job_workers where worker = any($1)', [workers.splice(0)])
        .catch(() => undefined);
    },
    handled: () => Object.keys(tasks).filter((task) => task !== idle),
    list: (limit = 200) => listJobs(pool, new Set(Object.keys(tasks)), limit),
  };
}

function createTask<P>(
  task: string,
  job: Job<P>,
  handler: (run: JobRun<P>) => Promise<void>,
  lease: () => AbortSignal | undefined,
): { run: Task; drain: () => Promise<void> } {
  const leaving = new AbortController();
  const running = new Set<Promise<void>>();
  return {
    async run(payload, helpers) {
      // A scheduled job carries when it was due, which is none of its input.
      const { _cron, ...input } = Object(payload) as Record<string, unknown>;
      const signal = AbortSignal.any([leaving.signal, lease(), helpers.abortSignal].filter((one) => one !== undefined));
      const checked = validate<P>(job.input, _cron === undefined ? payload : input, `The input of the job ${task}`);
      const work = handler({ input: checked, attempt: helpers.job.attempts, signal });
      running.add(work);
      await work.finally(() => running.delete(work));
    },
    async drain() {
      const late = setTimeout(() => leaving.abort(), drainMs);
      await Promise.allSettled(running);
      clearTimeout(late);
    },
  };
}

async function listJobs(pool: Pool, handled: ReadonlySet<string>, limit: number): Promise<JobInfo[]> {
  const { rows } = await pool.query<{
    id: string;
    task: string;
    attempts: number;
    max_attempts: number;
    run_at: Date;
    created_at: Date;
    last_error: string | null;
    locked: boolean;
    due: boolean;
  }>(
    `select id::text, task_identifier as task, attempts, max_attempts, run_at, created_at, last_error, locked_at is not null as locked, run_at <= now() as due
       from graphile_worker.jobs order by created_at desc limit $1`,
    [limit],
  );
  return rows.map((row) => {
    const [plugin = '', ...name] = row.task.split(':');
    const waiting = handled.has(row.task) ? (row.due ? 'waiting' : 'scheduled') : 'paused';
    return {
      id: row.id,
      plugin,
      name: name.join(':'),
      state: row.locked ? 'running' : row.attempts >= row.max_attempts ? 'failed' : waiting,
      attempts: row.attempts,
      maxAttempts: row.max_attempts,
      runAt: row.run_at.toISOString(),
      createdAt: row.created_at.toISOString(),
      lastError: row.last_error,
    };
  });
}
