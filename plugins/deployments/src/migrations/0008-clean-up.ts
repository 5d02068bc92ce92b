import { defineMigration } from '@containr/sdk';

/** What is not needed any more is removed, and it is written down what was. */
export const cleanUp = defineMigration({
  name: '0008-clean-up',
  up: [
    'alter table deployments add column pinned boolean not null default false',
    'alter table deployments add column service_deleted_at timestamptz',
    'alter table deployments add column artifact_key text',
    'alter table deployments add column artifact_removed_at timestamptz',
    `update deployments set artifact_key = concat_ws(' ', artifact->>'node', artifact->>'runtime',
       case when artifact->>'kind' = 'image' then artifact->>'id' else artifact->>'reference' end)
       where artifact is not null and artifact->>'node' <> ''`,
    'create index deployments_artifact on deployments (artifact_key) where artifact_key is not null',
    `create index deployments_tree on deployments ((source->>'treeHash'))`,
    `create table removals (
       id uuid primary key,
       organisation uuid not null,
       run uuid not null,
       kind text not null,
       name text not null,
       key text not null,
       node text,
       service uuid,
       deployment uuid,
       size_bytes bigint not null,
       reason text not null,
       at timestamptz not null,
       freed_at timestamptz,
       problem text
     )`,
    'create index removals_by_organisation on removals (organisation, id desc)',
    'create index removals_open on removals (at) where freed_at is null',
    `create table clean_ups (
       id uuid primary key,
       by text not null,
       started_at timestamptz not null,
       ended_at timestamptz,
       removed integer not null default 0,
       freed_bytes bigint not null default 0,
       problem text
     )`,
  ],
});
