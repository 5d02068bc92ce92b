import type { Pool } from 'pg';

/** How long a process may be without its database before its jobs may be another's, in ms. */
const aloneMs = 10_000;

/** What says that the workers of this process still have their jobs. */
export interface Lease {
  /** Aborted when the jobs that run now may have become another process's. A later job has a signal of its own. */
  readonly signal: AbortSignal;
  /** Asks the database. Rejects when it does not answer. */
  renew(): Promise<void>;
}

/** Opens the lease of registered workers; `lost` is told when it was lost, with the reason. */
export function openLease(
  pool: Pool,
  options: { readonly workers: readonly string[]; readonly process: string; lost(why: string): void },
): Lease {
  let controller = new AbortController();
  let seenAt = performance.now();
  const lose = (why: string): void => {
    const before = controller;
    controller = new AbortController();
    before.abort(new Error(`The jobs of this process may run elsewhere: ${why}.`));
    options.lost(why);
  };
  return {
    get signal() {
      return controller.signal;
    },
    async renew() {
      try {
        const { rowCount } = await registerWorkers(pool, options.workers, options.process);
        seenAt = performance.now();
        if (rowCount !== 0) lose('another process took them for those of a dead one');
      } catch (error) {
        if (performance.now() - seenAt > aloneMs) {
          seenAt = performance.now();
          lose('the database did not answer for too long');
        }
        throw error;
      }
    },
  };
}

/** Says which process workers belong to; `rowCount` counts those that were not known to. */
export function registerWorkers(
  pool: Pool,
  workers: readonly string[],
  process: string,
): Promise<{ rowCount: number | null }> {
  return pool.query(
    `insert into containr.job_workers (worker, process) select worker, $2 from unnest($1::text[]) as list(worker)
       on conflict (worker) do nothing`,
    [workers, process],
  );
}
