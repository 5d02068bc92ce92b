import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** One clean-up of the whole install; what it removed of whom is in its removals. */
export const CleanUp = defineEntity({
  name: 'CleanUp',
  tableName: 'clean_ups',
  properties: {
    id: p.uuid().primary(),
    by: p.text(),
    startedAt: p.datetime(),
    endedAt: p.datetime().strictNullable(),
    removed: p.integer().default(0),
    freedBytes: p.bigint('number').default(0),
    problem: p.text().strictNullable(),
  },
});
export type CleanUp = InferEntity<typeof CleanUp>;
