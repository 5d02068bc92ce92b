import type { Migration } from '@containr/sdk';

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
];
