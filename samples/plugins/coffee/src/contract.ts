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

/** The latest cups, newest first. */
export const CupList = defineSchema({
  type: 'object',
  properties: {
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: { id: { type: 'string' }, hadAt: { type: 'string', format: 'date-time' } },
        required: ['id', 'hadAt'],
        additionalProperties: false,
      },
    },
  },
  required: ['items'],
  additionalProperties: false,
});
export type CupList = Infer<typeof CupList>;

/** Somebody had a cup. */
export const CupHad = defineEvent({
  name: 'cup.had',
  payload: CupCount,
  permission: 'coffee:read',
  topics: () => ['coffee'],
});
