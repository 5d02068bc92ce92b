import type { Migration } from '@containr/sdk';

/** What admins changed, by plugin; secret fields are sealed. */
export const settingsMigrations: readonly Migration[] = [
  {
    name: 'settings-0001',
    up: [
      `create table settings (plugin text primary key, version bigint not null, value jsonb not null, at timestamptz not null default now(), by_name text not null default '')`,
    ],
  },
];
