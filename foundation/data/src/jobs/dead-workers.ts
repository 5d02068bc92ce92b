import type { Pool } from 'pg';

/**
 * Frees jobs and queues that worker pools of dead processes hold; a process lives while a database connection carries its name.
 * One whose process is not known yet has ten seconds to say it. Gives the workers that were dead. `own` ones are never taken for
 * dead.
 */
export async function releaseDeadWorkers(pool: Pool, own: readonly string[]): Promise<readonly string[]> {
  const { rows } = await pool.query<{ worker: string }>(
    `with holders as (
       select locked_by as worker, locked_at as since from graphile_worker._private_jobs where locked_by is not null
       union select locked_by, locked_at from graphile_worker._private_job_queues where locked_by is not null
       union select worker, at from containr.job_workers)
     select distinct worker from holders h where not (worker = any($1)) and not exists (
       select from containr.job_workers w join pg_stat_activity a on a.application_name = w.process where w.worker = h.worker)
       and (since < now() - interval '10 seconds' or exists (select from containr.job_workers w where w.worker = h.worker))`,
    [own],
  );
  const dead = rows.map((row) => row.worker);
  if (dead.length === 0) return [];
  await pool.query('select graphile_worker.force_unlock_workers($1)', [dead]);
  await pool.query('delete from containr.job_workers where worker = any($1)', [dead]);
  return dead;
}
