import type { Migration } from '@containr/sdk';

/** Answers by idempotency key; bodies are sealed. */
export const idempotencyMigrations: readonly Migration[] = [
  {
    name: 'idempotency-0001',
    up: [
      `create table idempotency (
         scope text primary key,
         content text not null,
         process text not null,
         at timestamptz not null default now(),
         status integer,
         headers jsonb,
         body text)`,
      `create index idempotency_by_age on idempotency (at)`,
    ],
  },
];
