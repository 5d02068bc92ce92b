import type { Migration } from '@containr/sdk';

/** Tables of the outbox. */
export const eventMigrations: readonly Migration[] = [
  {
    name: 'events-0001',
    up: [
      `create table outbox (
         id bigint generated always as identity primary key,
         position bigint unique,
         plugin text not null,
         name text not null,
         organisation_id text,
         permission text not null,
         topics text[] not null,
         payload jsonb not null,
         at timestamptz not null default clock_timestamp())`,
      `create index outbox_waiting on outbox (id) where position is null`,
      `create index outbox_named on outbox (name, position)`,
      `create table outbox_head (single boolean primary key default true check (single), position bigint not null)`,
      `insert into outbox_head (position) values (0)`,
      `create table event_cursors (plugin text, event text, position bigint not null, primary key (plugin, event))`,
    ],
  },
];
