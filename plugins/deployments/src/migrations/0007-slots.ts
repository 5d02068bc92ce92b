import { defineMigration } from '@containr/sdk';

/** Slots for builds and roll-outs, held by what runs and waited for by what is queued. */
export const slots = defineMigration({
  name: '0007-slots',
  up: [
    'alter table deployments add column slot text',
    'alter table deployments add column slot_node text',
    'alter table deployments add column slot_since timestamptz',
    'create index deployments_slots on deployments (status) where slot is not null',
  ],
});
