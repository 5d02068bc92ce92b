import { defineMigration } from '@containr/sdk';

/** What went wrong in a deployment without failing it. */
export const notices = defineMigration({
  name: '0004-notices',
  up: [`alter table deployments add column notices jsonb not null default '[]'`],
});
