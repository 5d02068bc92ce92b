import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { PhaseDocument, PhaseName } from '../contract.ts';

/** The record of one phase of one deployment. */
export const Phase = defineEntity({
  name: 'Phase',
  tableName: 'phases',
  properties: {
    deployment: p.uuid().primary(),
    name: p.text().$type<PhaseName>().primary(),
    organisation: p.uuid(),
    position: p.integer(),
    status: p.text().$type<PhaseDocument['status']>(),
    attempt: p.integer().default(0),
    startedAt: p.datetime().strictNullable(),
    endedAt: p.datetime().strictNullable(),
    /** When it fails with a time-out. */
    deadlineAt: p.datetime().strictNullable(),
    message: p.text().strictNullable(),
    /** What the phase wants to find again after a restart. */
    output: p.json().$type<Record<string, unknown>>().strictNullable(),
  },
});
export type Phase = InferEntity<typeof Phase>;
