import { defineMigration } from '@containr/sdk';

/** The schema of accounts, step by step. */
export const migrations = [
  defineMigration({
    name: '0001-accounts',
    up: [
      `create table users (
        id uuid primary key,
        email text not null unique,
        name text not null,
        password_hash text not null,
        created_at timestamptz not null
      )`,
      `create table organisations (
        id uuid primary key,
        slug text not null unique,
        name text not null,
        created_at timestamptz not null
      )`,
      `create table memberships (
        id uuid primary key,
        organisation uuid not null references organisations (id) on delete cascade,
        user_id uuid not null references users (id) on delete cascade,
        role text not null,
        created_at timestamptz not null,
        unique (organisation, user_id)
      )`,
      `create index memberships_user on memberships (user_id)`,
      `create table sessions (
        id uuid primary key,
        user_id uuid not null references users (id) on delete cascade,
        hash text not null unique,
        address text not null,
        user_agent text not null,
        created_at timestamptz not null,
        last_seen_at timestamptz not null,
        expires_at timestamptz not null
      )`,
      `create index sessions_user on sessions (user_id)`,
      `create table tokens (
        id uuid primary key,
        organisation uuid not null references organisations (id) on delete cascade,
        user_id uuid not null references users (id) on delete cascade,
        name text not null,
        prefix text not null,
        hash text not null unique,
        scopes jsonb not null,
        created_at timestamptz not null,
        last_used_at timestamptz,
        expires_at timestamptz
      )`,
      `create index tokens_organisation on tokens (organisation, created_at)`,
      `create table setup_links (
        id text primary key,
        hash text not null,
        sealed text,
        organisation_id uuid not null references organisations (id),
        created_at timestamptz not null,
        done_at timestamptz
      )`,
      `create table attempts (
        key text primary key,
        count integer not null,
        window_ends_at timestamptz not null
      )`,
      `create index attempts_window on attempts (window_ends_at)`,
    ],
  }),
];
