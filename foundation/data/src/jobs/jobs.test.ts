import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import type { EnqueueOptions, Job } from '@containr/sdk';
import { defineJob, defineSchema, Empty } from '@containr/sdk';
import { createLogger } from '@containr/sdk/host';
import { testDatabase } from '../../../../sdk/testing/src/database.ts';
import type { TestDatabase } from '../../../../sdk/testing/src/database.ts';
import { addJob } from './add.ts';
import { createJobs } from './jobs.ts';
import type { Jobs } from './jobs.ts';

const log = createLogger({ level: 'silent' });
const Numbered = defineSchema({
  type: 'object',
  properties: { n: { type: 'integer' } },
  required: ['n'],
  additionalProperties: false,
});
const Count = defineJob({ name: 'number.count', input: Numbered, summary: 'Counts' });
const Look = defineJob({ name: 'number.look', input: Empty, summary: 'Looks' });

describe('jobs', () => {
  let database: TestDatabase;
  let jobs: Jobs;
  let doomed: ChildProcess | null = null;

  beforeEach(async () => {
    database = await testDatabase();
    jobs = createJobs({ pool: database.pool, log });
  });
  afterEach(async () => {
    await endDoomed();
    doomed = null;
    await jobs.stop();
    await database.stop();
  });

  function add<P>(job: Job<P>, input: P, options?: EnqueueOptions): Promise<void> {
    const run = (sql: string, values: readonly unknown[]) => {
      let at = 0;
      return database.pool.query(
        sql.replace(/\?/g, () => `$${(at += 1)}`),
        [...values],
      );
    };
    return addJob(run, 'p', job, input, options);
  }
  const enqueue = (n: number, options?: EnqueueOptions) => add(Count, { n }, options);

  /** A control plane that takes the job and never ends it. */
  async function startDoomed(): Promise<void> {
    const child = spawn(
      process.execPath,
      ['--conditions=containr-src', '--input-type=module', '-e', worker, database.url],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    doomed = child;
    await once(child.stdout, 'data');
  }
  async function endDoomed(): Promise<void> {
    if (!doomed || doomed.signalCode !== null) return;
    const ended = once(doomed, 'exit');
    doomed.kill('SIGKILL');
    await ended;
  }
  const states = async () => (await jobs.list()).map((job) => job.state);

  it('runs a job soon', async () => {
    const seen: number[] = [];
    jobs.handle('p', Count, async ({ input }) => void seen.push(input.n));
    await jobs.start();
    const began = performance.now();
    await enqueue(1);
    await until(() => seen.length === 1);
    expect(performance.now() - began).to.be.lessThan(1000);
    await until(async () => (await jobs.list()).length === 0);
  });
  it('keeps the jobs of a plugin that is off, and runs them when it is on', async () => {
    const seen: number[] = [];
    await jobs.start();
    await enqueue(1);
    expect(await states()).to.deep.equal(['paused']);
    const leave = jobs.handle('p', Count, async ({ input }) => void seen.push(input.n));
    await until(() => seen.length === 1);
    await leave();
    await enqueue(2);
    const again = jobs.handle('p', Count, async ({ input }) => void seen.push(input.n));
    await until(() => seen.length === 2);
    await again();
  });
  it('drains what runs before its handler is gone', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let ended = false;
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const leave = jobs.handle('p', Count, async () => {
      begin();
      await gate;
      ended = true;
    });
    await jobs.start();
    await enqueue(1);
    await begun;
    const left = Promise.resolve(leave());
    open();
    await left;
    expect(ended).to.equal(true);
  });
  it('runs the jobs of one queue one after another', async () => {
    let now = 0;
    let most = 0;
    let done = 0;
    jobs.handle('p', Count, async () => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 10));
      now -= 1;
      done += 1;
    });
    for (let n = 0; n < 5; n += 1) await enqueue(n, { queue: 'one' });
    await jobs.start();
    const began = performance.now();
    await until(() => done === 5);
    expect(most).to.equal(1);
    expect(performance.now() - began).to.be.lessThan(1500);
  });
  it('tries again after a throw, and says why it failed', async () => {
    jobs.handle('p', Count, async () => {
      throw new Error('out of ink');
    });
    await jobs.start();
    await enqueue(1, { maxAttempts: 1 });
    await until(async () => (await states())[0] === 'failed');
    expect((await jobs.list())[0]).to.deep.include({
      plugin: 'p',
      name: 'number.count',
      attempts: 1,
      lastError: 'out of ink',
    });
  });
  it('waits until a job is due', async () => {
    jobs.handle('p', Count, async () => undefined);
    await jobs.start();
    await enqueue(1, { runAt: new Date(Date.now() + 3_600_000) });
    expect(await states()).to.deep.equal(['scheduled']);
  });
  it('refuses a second handler, a bad input and a bad schedule', async () => {
    jobs.handle('p', Count, async () => undefined);
    expect(() => jobs.handle('p', Count, async () => undefined))
      .to.throw()
      .with.property('code', 'CONFLICT_JOB');
    expect(() => jobs.handle('p', { ...Count, name: 'x.y' }, async () => undefined, { schedule: 'often' })).to.throw();
    const error: unknown = await addJob(async () => undefined, 'p', { ...Count, input: Empty }, { n: 1 }).catch(
      (reason: unknown) => reason,
    );
    expect(error).to.have.property('code', 'INVALID');
  });
  it('runs a job again whose process was killed', async () => {
    await enqueue(5);
    await startDoomed();
    await endDoomed();
    const seen: number[] = [];
    jobs.handle('p', Count, async ({ input }) => void seen.push(input.n));
    await until(async () => {
      const { rows } = await database.pool.query(`select 1 from pg_stat_activity where application_name = 'doomed'`);
      return rows.length === 0;
    });
    await jobs.start();
    await until(() => seen.length === 1);
    expect(seen).to.deep.equal([5]);
  });
  it('forgets a job that was replaced while it ran, when its process is killed', async () => {
    await enqueue(5, { key: 'one', queue: 'one' });
    await startDoomed();
    await enqueue(6, { key: 'one', queue: 'one' });
    await endDoomed();
    const seen: number[] = [];
    jobs.handle('p', Count, async ({ input }) => void seen.push(input.n));
    await jobs.start();
    await until(async () => seen.length === 1 && (await jobs.list()).length === 0, 12_000);
    expect(seen).to.deep.equal([6]);
  });
  it('leaves the jobs of another living process alone', async () => {
    await enqueue(5);
    await startDoomed();
    const seen: number[] = [];
    let looked = false;
    jobs.handle('p', Count, async ({ input }) => void seen.push(input.n));
    jobs.handle('p', Look, async () => void (looked = true));
    await until(async () => (await database.pool.query('select 1 from containr.job_workers')).rowCount === 1);
    await jobs.start();
    await add(Look, {});
    await until(() => looked);
    expect(seen).to.deep.equal([]);
    expect(await states()).to.include('running');
  });
  it('takes over from another process that is killed while this one runs', async () => {
    await enqueue(5);
    await startDoomed();
    const seen: number[] = [];
    jobs.handle('p', Count, async ({ input }) => void seen.push(input.n));
    await jobs.start();
    await endDoomed();
    await until(() => seen.length === 1, 12_000);
    expect(seen).to.deep.equal([5]);
  });

  it('runs a job that the database gave to it without its ever hearing of that', async () => {
    const seen: number[] = [];
    jobs.handle('p', Count, async ({ input }) => void seen.push(input.n));
    await jobs.start();
    await enqueue(1, { queue: 'one', runAt: new Date(Date.now() + 3_600_000) });
    await database.pool.query(
      `with mine as (select worker from containr.job_workers limit 1),
            job as (update graphile_worker._private_jobs set run_at = now(), locked_at = now() - interval '6 seconds', locked_by = (select worker from mine))
       update graphile_worker._private_job_queues set locked_at = now() - interval '6 seconds', locked_by = (select worker from mine)`,
    );
    await enqueue(2, { queue: 'one' });
    // As a database does that ends in the middle: every connection breaks, also the one that listens.
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()`,
      [database.pool.options.application_name],
    );
    await until(() => seen.length === 2, 18_000);
    expect([...seen].sort()).to.deep.equal([1, 2]);
  });

  it('ends the signal of a handler whose job another process may run by now', async () => {
    let why: unknown = null;
    let runs = 0;
    jobs.handle('p', Count, async ({ signal }) => {
      runs += 1;
      if (runs > 1) return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      why = signal.reason;
      signal.throwIfAborted();
    });
    await jobs.start();
    await enqueue(1);
    await until(() => runs === 1);
    await database.pool.query('delete from containr.job_workers');
    await until(() => why !== null, 12_000);
    expect(why).to.be.instanceOf(Error).with.property('message').that.contains('may run elsewhere');
    // It is one of the living again, and goes on with what there is to do.
    expect((await database.pool.query('select 1 from containr.job_workers')).rowCount).to.equal(1);
    await until(() => runs === 2, 12_000);
  });
});

const worker = `
  const { openPool } = await import(${JSON.stringify(new URL('../store/database.ts', import.meta.url).href)});
  const { createJobs } = await import(${JSON.stringify(new URL('./jobs.ts', import.meta.url).href)});
  const { createLogger } = await import('@containr/sdk/host');
  const log = createLogger({ level: 'silent' });
  const jobs = createJobs({ pool: openPool(process.argv[1], log, { application_name: 'doomed' }), log });
  jobs.handle('p', { name: 'number.count', input: true }, async () => { await started; console.log('running'); await new Promise(() => setInterval(() => {}, 1000)); });
  const started = jobs.start();
`;

async function until(check: () => boolean | Promise<boolean>, ms = 8000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > end) throw new Error('It did not become true in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
