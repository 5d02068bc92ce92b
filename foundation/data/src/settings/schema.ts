import type { Migration } from '@containr/sdk';

/** What admins changed, by plugin, now and in each version; secret fields are sealed. */
export const settingsMigrations: readonly Migration[] = [
  {
    name: 'settings-0001',
    up: [
      `create table settings (plugin text primary key, version bigint not null, value jsonb not null, at timestamptz not null default now(), by_name text not null default '')`,
    ],
  },
  {
    name: 'settings-0002',
    up: [
      `create table settings_versions (
         plugin text not null,
         version bigint not null,
         value jsonb not null,
         at timestamptz not null default now(),
         by_name text not null,
         restored bigint,
         changes jsonb not null,
         primary key (plugin, version))`,
      `insert into settings_versions (plugin, version, value, at, by_name, changes)
         select plugin, version, value, at, by_name, '[]' from settings`,
    ],
  },
];
