import { defineMigration } from '@containr/sdk';

/** Deployments of changes that were applied together begin in the order of references. */
export const after = defineMigration({
  name: '0005-after',
  up: [
    `alter table deployments add column after jsonb not null default '[]'`,
    'alter table deployments add column application uuid',
    `create index deployments_application on deployments (service, application) where application is not null`,
  ],
});
