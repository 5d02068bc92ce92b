import { defineMigration } from '@containr/sdk';

/** Repositories of services. */
export const init = defineMigration({
  name: '0001-init',
  up: [
    `create table repositories (
       service uuid primary key,
       organisation uuid not null,
       created_at timestamptz not null,
       requested_branch text,
       requested_commit text
     )`,
  ],
});
