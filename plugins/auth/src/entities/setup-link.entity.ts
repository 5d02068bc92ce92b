import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** The one set-up of this install; there is one row. */
export const SetupLink = defineEntity({
  name: 'SetupLink',
  tableName: 'setup_links',
  properties: {
    /** Always `setup`. */
    id: p.text().primary(),
    hash: p.text(),
    /** The token itself, sealed, so that every start before set-up prints the same link. */
    sealed: p.text().nullable(),
    organisationId: p.uuid(),
    createdAt: p.datetime(),
    doneAt: p.datetime().nullable(),
  },
});
export type SetupLink = InferEntity<typeof SetupLink>;
