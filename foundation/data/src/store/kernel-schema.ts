import type { Pool } from 'pg';
import type { Migration } from '@containr/sdk';
import { auditMigrations } from '../audit/schema.ts';
import { eventMigrations } from '../events/schema.ts';
import { idempotencyMigrations } from '../idempotency/schema.ts';
import { migrateJobs } from '../jobs/migrate.ts';
import { jobMigrations } from '../jobs/schema.ts';
import { settingsMigrations } from '../settings/schema.ts';
import { migrate } from './migrations.ts';

/** Brings the kernel's own schema `containr` and the job queue's up; `more` are the migrations of the kernel's other folders. */
export async function migrateKernel(pool: Pool, more: readonly Migration[] = []): Promise<void> {
  await migrate(pool, 'containr', [
    ...auditMigrations,
    ...eventMigrations,
    ...idempotencyMigrations,
    ...jobMigrations,
    ...settingsMigrations,
    ...more,
  ]);
  await migrateJobs(pool);
}
