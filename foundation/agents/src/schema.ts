import type { Migration } from '@containr/sdk';
import { halfMigrations } from './half-statuses.ts';

/** Tables of nodes and enrolment, in the kernel's schema. */
export const agentMigrations: readonly Migration[] = [
  {
    name: 'agents-0001-init',
    up: [
      `create table if not exists containr.nodes (
        id uuid primary key,
        name text not null,
        public_key text not null unique,
        address text not null,
        cpus double precision not null,
        memory_bytes bigint not null,
        labels jsonb not null default '{}',
        capabilities jsonb not null default '[]',
        draining boolean not null default false,
        created_at timestamptz not null default now(),
        last_seen_at timestamptz
      )`,
      `create table if not exists containr.agent_tokens (
        hash bytea primary key,
        node uuid references containr.nodes (id),
        created_at timestamptz not null default now(),
        expires_at timestamptz not null
      )`,
    ],
  },
  {
    name: 'agents-0002-processes',
    up: [
      // The control-plane process that holds the node's connection.
      `alter table containr.nodes add column process text`,
      `create unlogged table containr.agent_relay (
        id bigint generated always as identity primary key,
        to_process text not null,
        body text not null,
        at timestamptz not null default clock_timestamp()
      )`,
      `create index agent_relay_to on containr.agent_relay (to_process)`,
      `create unlogged table containr.agent_bearers (
        hash bytea primary key,
        node uuid not null,
        process text not null,
        until timestamptz not null
      )`,
    ],
  },
  {
    name: 'agents-0003-placement',
    up: [
      `alter table containr.nodes add column placement text not null default 'open',
         add column placement_since timestamptz`,
      `update containr.nodes set placement = 'draining', placement_since = now() where draining`,
      // The key by which agents know this control plane, sealed.
      `create table containr.install_key (one boolean primary key default true check (one), sealed text not null)`,
    ],
  },
  ...halfMigrations,
];
