import { defineMigration } from '@containr/sdk';

/** Until when a replica that leaves its node may finish its requests, and why one can't leave. */
export const moves = defineMigration({
  name: '0011-moves',
  up: ['alter table replicas add column leave_by timestamptz, add column stuck text'],
});
