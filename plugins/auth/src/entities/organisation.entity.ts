import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** A tenant. */
export const Organisation = defineEntity({
  name: 'Organisation',
  tableName: 'organisations',
  properties: { id: p.uuid().primary(), slug: p.text(), name: p.text(), createdAt: p.datetime() },
});
export type Organisation = InferEntity<typeof Organisation>;
