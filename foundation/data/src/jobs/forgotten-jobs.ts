import type { Pool } from 'pg';

/** Looks in a row at which a job must be held by nobody's work: after a connection broke, and without anything of that kind. */
const looksAfterBreak = 2;
const looksOtherwise = 12;

/** Finds jobs and queues that this process holds by the database's account although it runs no such job. */
export interface ForgottenJobs {
  /** A connection broke: what was being asked then may have been done without an answer. */
  broke(): void;
  /** Frees what was held and not run at several looks in a row; `running`: ids of what runs. Gives how many were freed. */
  look(workers: readonly string[], running: ReadonlySet<string>): Promise<number>;
}

/** Watches for what the database gave to this process, or took from it, in an answer that never came. */
export function watchForgottenJobs(pool: Pool): ForgottenJobs {
  let isDoubtful = false;
  let seen = new Map<string, number>();
  return {
    broke: () => void (isDoubtful = true),
    async look(workers, running) {
      const { rows } = await pool.query<{ id: string; held: string }>(
        'select id::text, locked_at::text as held from graphile_worker._private_jobs where locked_by = any($1)',
        [workers],
      );
      const idle = rows.filter(({ id }) => !running.has(id));
      // The same job taken again is another case.
      seen = new Map(idle.map(({ id, held }) => [`${id} ${held}`, (seen.get(`${id} ${held}`) ?? 0) + 1]));
      const looks = isDoubtful ? looksAfterBreak : looksOtherwise;
      const forgotten = idle.filter(({ id, held }) => (seen.get(`${id} ${held}`) ?? 0) >= looks).map(({ id }) => id);
      if (forgotten.length > 0) await free(pool, workers, forgotten);
      if (idle.length === forgotten.length) isDoubtful = false;
      return forgotten.length;
    },
  };
}

async function free(pool: Pool, workers: readonly string[], ids: readonly string[]): Promise<void> {
  await pool.query(
    `with jobs as (
       update graphile_worker._private_jobs set locked_at = null, locked_by = null
        where locked_by = any($1) and id = any($2::bigint[]) returning job_queue_id)
     update graphile_worker._private_job_queues q set locked_at = null, locked_by = null
       from jobs where q.id = jobs.job_queue_id and q.locked_by = any($1)`,
    [workers, ids],
  );
}

/**
 * Deletes jobs that another one of the same key replaced while they ran, and whose process then ended: the queue took their key and
 * their tries, so that nobody would ever run them, and what they were for is the other one's.
 */
export async function deleteReplacedJobs(pool: Pool): Promise<void> {
  await pool.query(
    `delete from graphile_worker._private_jobs
      where locked_at is null and key is null and last_error is null and max_attempts > 1 and attempts >= max_attempts`,
  );
}
