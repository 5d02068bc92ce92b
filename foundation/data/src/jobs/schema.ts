import type { Migration } from '@containr/sdk';

/** Which process each worker pool belongs to: a process lives while a database connection carries its name. */
export const jobMigrations: readonly Migration[] = [
  {
    name: 'jobs-0001',
    up: [
      `create table job_workers (worker text primary key, process text not null, at timestamptz not null default now())`,
    ],
  },
  {
    name: 'jobs-0002',
    up: [
      `create function wake_jobs() returns trigger language plpgsql as $$
         begin perform pg_notify('jobs:insert', '{"count":1}'); return null; end $$`,
    ],
  },
];
