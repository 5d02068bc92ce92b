import type { Migration } from '@containr/sdk';

/** Which process each worker belongs to: a process lives while a database connection carries its name. */
export const jobMigrations: readonly Migration[] = [
  { name: 'jobs-0001', up: [`create table job_workers (worker text primary key, process text not null, at timestamptz not null default now())`] },
];
