import { defineMigration } from '@containr/sdk';

/** A build is told from another by the variables that it sees, not by the revision that they stand in. */
export const buildDigest = defineMigration({
  name: '0003-build-digest',
  up: ['alter table deployments add column build_digest text'],
});
