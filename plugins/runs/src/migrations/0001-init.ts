import { defineMigration } from '@containr/sdk';

/** Runs and the schedules that make them. */
export const init = defineMigration({
  name: '0001-init',
  up: [
    `create table runs (
       id uuid primary key,
       organisation uuid not null,
       project uuid not null,
       environment uuid not null,
       service uuid not null,
       deployment uuid,
       deployment_number integer,
       trigger text not null,
       command jsonb,
       status text not null,
       exit_code integer,
       reason text,
       scheduled_for timestamptz,
       overlap text not null,
       timeout_ms integer not null,
       node text,
       runtime text,
       attached boolean not null default false,
       attached_until timestamptz,
       cancel_reason text,
       created_by text not null,
       created_at timestamptz not null,
       started_at timestamptz,
       ended_at timestamptz,
       unique (service, scheduled_for)
     )`,
    'create index runs_by_service on runs (service, created_at desc)',
    'create index runs_open on runs (service) where ended_at is null',
    `create table schedules (
       id uuid primary key,
       service uuid not null,
       organisation uuid not null,
       project uuid not null,
       environment uuid not null,
       schedule text not null,
       time_zone text not null,
       overlap text not null,
       timeout_ms integer not null,
       next_at timestamptz
     )`,
    'create index schedules_due on schedules (next_at)',
  ],
});
