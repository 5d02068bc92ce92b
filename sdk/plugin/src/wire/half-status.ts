import type { Infer } from '../schema.ts';
import { defineSchema, Empty, OptionalTimestamp } from '../schema.ts';
import { Name } from './protocol.ts';
import { defineMethod } from './wire.ts';

/** How one half does on a node. */
export const HalfStatus = defineSchema({
  type: 'object',
  properties: {
    plugin: Name,
    version: { type: 'string' },
    state: { type: 'string', enum: ['starting', 'running', 'failed'] },
    /** Why it failed; of one that runs apart also why it was set up anew, or what it sends too much of. */
    cause: {
      anyOf: [
        {
          type: 'object',
          properties: {
            code: { type: 'string' },
            detail: { type: 'string' },
            hint: { type: 'string' },
            /** When its process ended; `null` for any other cause. */
            endedAt: OptionalTimestamp,
            /** Milliseconds from there until it ran again or was off for good; `null` until then. */
            containedMs: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
          },
          required: ['code', 'detail', 'hint', 'endedAt', 'containedMs'],
          additionalProperties: false,
        },
        { type: 'null' },
      ],
    },
    /** What keeps its process apart on that node; `null` for one that runs inside the agent. */
    isolation: {
      anyOf: [
        {
          type: 'array',
          items: {
            type: 'object',
            properties: { layer: { type: 'string' }, holds: { type: 'boolean' }, says: { type: 'string' } },
            required: ['layer', 'holds', 'says'],
            additionalProperties: false,
          },
        },
        { type: 'null' },
      ],
    },
  },
  required: ['plugin', 'version', 'state', 'cause', 'isolation'],
  additionalProperties: false,
});
export type HalfStatus = Infer<typeof HalfStatus>;

/** Agent → control plane: how all halves do, after each change. */
export const HalvesStatus = defineMethod(
  'halves.status',
  defineSchema({
    type: 'object',
    properties: { halves: { type: 'array', items: HalfStatus, maxItems: 500 } },
    required: ['halves'],
    additionalProperties: false,
  }),
  Empty,
);
