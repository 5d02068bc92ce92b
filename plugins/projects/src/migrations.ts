import { defineMigration } from '@containr/sdk';

/** The schema of projects, step by step. */
export const migrations = [
  defineMigration({
    name: '0001-projects',
    up: [
      `create table projects (
        id uuid primary key,
        organisation uuid not null,
        slug text not null,
        name text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        constraint projects_slug unique (organisation, slug)
      )`,
      `create table environments (
        id uuid primary key,
        organisation uuid not null,
        project uuid not null references projects (id) on delete cascade,
        slug text not null,
        name text not null,
        kind text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        constraint environments_slug unique (project, slug)
      )`,
      `create table services (
        id uuid primary key,
        organisation uuid not null,
        project uuid not null references projects (id),
        environment uuid not null references environments (id),
        slug text not null,
        name text not null,
        kind text not null,
        revision integer not null,
        spec jsonb not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        constraint services_slug unique (environment, slug)
      )`,
      `create index services_project on services (project)`,
      `create table revisions (
        id uuid primary key,
        organisation uuid not null,
        service uuid not null references services (id) on delete cascade,
        number integer not null,
        spec jsonb not null,
        variables jsonb not null,
        reason text not null,
        created_by text not null,
        created_at timestamptz not null,
        constraint revisions_number unique (service, number)
      )`,
      `create table variables (
        id uuid primary key,
        organisation uuid not null,
        scope text not null,
        owner uuid not null,
        name text not null,
        kind text not null,
        value text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        constraint variables_name unique (owner, name)
      )`,
    ],
  }),
  defineMigration({
    name: '0002-references',
    up: [
      `alter table variables add column available text not null default 'both'`,
      `alter table variables add column refs jsonb`,
      `alter table variables add column may_use_sealed boolean not null default false`,
      `create index variables_refs on variables (owner) where refs is not null`,
      `alter table revisions add column links jsonb not null default '{"services":{},"variables":[]}'`,
    ],
  }),
  defineMigration({
    name: '0003-variable-history',
    up: [
      `create table variable_versions (
        id uuid primary key,
        organisation uuid not null,
        scope text not null,
        owner uuid not null,
        number integer not null,
        reason text not null,
        restored integer,
        changes jsonb not null,
        created_by text not null,
        created_at timestamptz not null,
        constraint variable_versions_number unique (owner, number)
      )`,
      `create table variable_texts (
        owner uuid primary key,
        organisation uuid not null,
        layout text not null
      )`,
    ],
  }),
  defineMigration({
    name: '0004-changes',
    up: [
      `create table changes (
        id uuid primary key,
        organisation uuid not null,
        project uuid not null,
        environment uuid not null,
        target text not null,
        scope text not null,
        owner uuid not null,
        name text not null,
        kind text,
        available text,
        value text,
        patch jsonb,
        base jsonb,
        created_by text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        constraint changes_one unique (environment, owner, target, name)
      )`,
    ],
  }),
  defineMigration({
    name: '0005-quotas',
    up: [
      `create table quotas (
        organisation uuid primary key,
        limits jsonb not null,
        updated_by text not null,
        updated_at timestamptz not null
      )`,
      'create index services_organisation on services (organisation)',
    ],
  }),
  defineMigration({
    name: '0006-freezes',
    up: [
      `create table freezes (
        id uuid primary key,
        organisation uuid not null,
        project uuid not null,
        environment uuid not null references environments (id) on delete cascade,
        name text not null,
        weekly jsonb,
        once jsonb,
        rollback boolean not null,
        created_by text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null
      )`,
      `create index freezes_environment on freezes (environment)`,
    ],
  }),
];
