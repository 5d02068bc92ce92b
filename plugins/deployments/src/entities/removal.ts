import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { Reason } from '../clean-up/decide.ts';

/** Something that a clean-up removes: written down first, so that nobody begins to use it, then freed. */
export const Removal = defineEntity({
  name: 'Removal',
  tableName: 'removals',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    /** Clean-up that decided it. */
    run: p.uuid(),
    kind: p.text().$type<'artifact' | 'snapshot'>(),
    /** For people: service and number, or the beginning of a tree hash. */
    name: p.text(),
    key: p.text(),
    node: p.text().strictNullable(),
    service: p.uuid().strictNullable(),
    deployment: p.uuid().strictNullable(),
    sizeBytes: p.bigint('number'),
    reason: p.text().$type<Reason>(),
    at: p.datetime(),
    /** `null` while its node has not done it yet. */
    freedAt: p.datetime().strictNullable(),
    problem: p.text().strictNullable(),
  },
});
export type Removal = InferEntity<typeof Removal>;
