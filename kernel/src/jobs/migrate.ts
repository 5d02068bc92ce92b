import type { Pool } from 'pg';
import { Logger as WorkerLogger, runMigrations } from 'graphile-worker';

/** Brings the job queue's schema up; before the first job is added. */
export async function migrateJobs(pool: Pool): Promise<void> {
  await runMigrations({ pgPool: pool, logger: new WorkerLogger(() => () => undefined) });
}
