import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** The generated name of a service: the first label of its host. Made once and kept, so that links stay good. */
export const Name = defineEntity({
  name: 'Name',
  tableName: 'names',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    service: p.uuid(),
    label: p.text(),
    createdAt: p.datetime(),
  },
});
export type Name = InferEntity<typeof Name>;
