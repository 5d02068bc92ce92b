import { EntitySchema } from '@mikro-orm/core';
import { defineMigration } from '@containr/sdk';

/** One cup. */
export class Cup {
  id = '';
  organisation = '';
  hadAt = new Date(0);
}

export const CupEntity = new EntitySchema<Cup>({
  class: Cup,
  tableName: 'cups',
  properties: {
    id: { type: 'uuid', primary: true },
    organisation: { type: 'uuid' },
    hadAt: { type: 'datetime', fieldName: 'had_at' },
  },
});

/** The table of cups. */
export const init = defineMigration({
  name: '0001-init',
  up: [
    'create table cups (id uuid primary key, organisation uuid not null, had_at timestamptz not null)',
    'create index cups_of_a_day on cups (organisation, had_at)',
  ],
});
