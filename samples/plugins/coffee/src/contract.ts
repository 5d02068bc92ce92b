import { defineEvent, defineSchema } from '@containr/sdk';
import type { Infer } from '@containr/sdk';

/** Cups of today, in UTC. */
export const CupCount = defineSchema({
  type: 'object',
  properties: { cups: { type: 'integer' }, asOf: { type: 'string', format: 'date-time' } },
  required: ['cups', 'asOf'],
  additionalProperties: false,
});
export type CupCount = Infer<typeof CupCount>;

/** Somebody had a cup. */
export const CupHad = defineEvent({
  name: 'cup.had',
  payload: CupCount,
  permission: 'coffee:read',
  topics: () => ['coffee'],
});
