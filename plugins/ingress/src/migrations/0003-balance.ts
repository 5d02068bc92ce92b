import { defineMigration } from '@containr/sdk';

/** How one of a service's replicas is chosen. */
export const balance = defineMigration({
  name: '0003-balance',
  up: [`alter table targets add column balance text not null default 'round-robin'`],
});
