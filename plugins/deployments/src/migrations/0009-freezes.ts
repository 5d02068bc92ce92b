import { defineMigration } from '@containr/sdk';

/** What a freeze window holds, and who deployed in spite of one. */
export const freezes = defineMigration({
  name: '0009-freezes',
  up: ['alter table deployments add column held jsonb', 'alter table deployments add column override jsonb'],
});
