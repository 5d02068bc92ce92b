import { defineMigration } from '@containr/sdk';

/** Until when requests of a service wait for its next replicas. */
export const holds = defineMigration({
  name: '0004-holds',
  up: [`alter table targets add column held_until timestamptz`],
});
