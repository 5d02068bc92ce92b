import type { Migration } from '@containr/sdk';

/** What is installed, with the archive itself, so that every control-plane process can have it; and which version is chosen. */
export const packageMigrations: readonly Migration[] = [
  {
    name: 'packages-0001',
    up: [
      `create table packages (
        name text not null,
        version text not null,
        package text not null,
        sha256 text not null,
        archive bytea not null,
        manifest jsonb not null,
        source text not null,
        installed_at timestamptz not null default now(),
        installed_by text not null,
        primary key (name, version)
      )`,
      // An archive is compressed already.
      `alter table packages alter column archive set storage external`,
      `create table package_choices (
        name text primary key,
        version text not null,
        trust text not null check (trust in ('trusted', 'isolated')),
        changed_at timestamptz not null default now(),
        changed_by text not null,
        foreign key (name, version) references packages (name, version)
      )`,
    ],
  },
];
