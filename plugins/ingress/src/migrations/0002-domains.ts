import { defineMigration } from '@containr/sdk';

/** Custom domains: hosts and who owns them, where their requests go, their certificates, and proofs to answer. */
export const domains = defineMigration({
  name: '0002-domains',
  up: [
    `create table hosts (
       id uuid primary key,
       organisation uuid not null,
       host text not null,
       token text not null,
       verified_at timestamptz,
       checked_at timestamptz,
       proof text,
       problem text,
       next_check_at timestamptz,
       checks integer not null default 0,
       created_at timestamptz not null,
       unique (organisation, host)
     )`,
    // Anybody may claim a name; whoever shows that it leads here first has it.
    'create unique index hosts_one_owner on hosts (host) where verified_at is not null',
    'create index hosts_due on hosts (next_check_at) where next_check_at is not null',
    `create table domains (
       id uuid primary key,
       organisation uuid not null,
       service uuid not null,
       host_id uuid not null references hosts (id) on delete cascade,
       path text not null,
       redirect_to text,
       https text not null,
       headers jsonb not null,
       users jsonb not null,
       created_at timestamptz not null,
       updated_at timestamptz not null,
       unique (host_id, path)
     )`,
    'create index domains_service on domains (service)',
    `create table certificates (
       id uuid primary key,
       organisation uuid not null,
       host_id uuid not null unique references hosts (id) on delete cascade,
       source text not null,
       state text not null,
       chain text,
       key text,
       issuer text,
       not_before timestamptz,
       not_after timestamptz,
       problem text,
       hint text,
       tries integer not null default 0,
       next_try_at timestamptz,
       updated_at timestamptz not null
     )`,
    'create index certificates_due on certificates (next_try_at) where next_try_at is not null',
    `create table challenges (
       host text not null,
       path text not null,
       body text not null,
       until timestamptz not null,
       primary key (host, path)
     )`,
    `create table acme_accounts (
       id uuid primary key,
       directory text not null unique,
       url text not null,
       key text not null,
       created_at timestamptz not null
     )`,
    'create table certificate_revision (id integer primary key check (id = 1), revision bigint not null)',
    'insert into certificate_revision (id, revision) values (1, 1)',
  ],
});
