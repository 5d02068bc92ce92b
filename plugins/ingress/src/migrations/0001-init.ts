import { defineMigration } from '@containr/sdk';

/** Names of services, what they point to, and the number of the whole table. */
export const init = defineMigration({
  name: '0001-init',
  up: [
    `create table names (
       id uuid primary key,
       organisation uuid not null,
       service uuid not null unique,
       label text not null unique,
       created_at timestamptz not null
     )`,
    `create table targets (
       service uuid primary key,
       organisation uuid not null,
       deployment uuid,
       upstreams jsonb not null,
       updated_at timestamptz not null
     )`,
    'create table table_revision (id integer primary key check (id = 1), revision bigint not null)',
    'insert into table_revision (id, revision) values (1, 1)',
  ],
});
