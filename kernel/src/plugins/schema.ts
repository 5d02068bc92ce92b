import type { Migration } from '@containr/sdk';

/** Tables of this folder, in the kernel's schema. */
export const pluginMigrations: readonly Migration[] = [
  {
    name: 'plugins-0001',
    up: [
      `create table plugins (
        name text primary key,
        enabled boolean not null,
        changed_at timestamptz not null default now(),
        changed_by text not null
      )`,
      `create table install (id uuid primary key, created_at timestamptz not null default now())`,
      `create unique index install_is_one on install ((true))`,
    ],
  },
  {
    name: 'plugins-0002',
    // Grows with each change, so that a process sees a switch that went off and on, or a replacement, between two looks.
    up: [`alter table plugins add column generation bigint not null default 0`],
  },
];
