import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** Who is in which organisation, as what. */
export const Membership = defineEntity({
  name: 'Membership',
  tableName: 'memberships',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    userId: p.uuid(),
    role: p.text(),
    createdAt: p.datetime(),
  },
});
export type Membership = InferEntity<typeof Membership>;
