import { defineMigration } from '@containr/sdk';

/** What was built for one environment is deployed in another one, as it is. */
export const promotion = defineMigration({
  name: '0006-promotion',
  up: ['alter table deployments add column promoted_from uuid'],
});
