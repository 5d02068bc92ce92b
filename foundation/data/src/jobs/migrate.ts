import type { Pool } from 'pg';
import { Logger as WorkerLogger, runMigrations } from 'graphile-worker';

/** Brings the job queue's schema up; before the first job is added, after the kernel's own schema. */
export async function migrateJobs(pool: Pool): Promise<void> {
  await runMigrations({ pgPool: pool, logger: new WorkerLogger(() => () => undefined) });
  // The runner looks for the next job of a queue before the queue is free again, and would then wait for its next poll.
  await pool.query(
    `do $$ begin
       if not exists (select from pg_trigger where tgname = 'containr_queue_free') then
         create trigger containr_queue_free after update on graphile_worker._private_job_queues
           for each row when (old.locked_by is not null and new.locked_by is null) execute function containr.wake_jobs();
       end if;
     end $$`,
  );
}
