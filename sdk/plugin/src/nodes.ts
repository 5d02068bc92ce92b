import { defineEvent } from './events.ts';
import { defineHook } from './hooks.ts';
import type { Infer } from './schema.ts';
import { defineSchema, Id } from './schema.ts';

/** `open`: replicas may come to it. `cordoned`: none are begun on it. `draining`: those that are there move elsewhere, too. */
export const nodePlacements = ['open', 'cordoned', 'draining'] as const;
export type NodePlacement = (typeof nodePlacements)[number];

/** A node connected, changed, or was not heard from for a while. */
export const NodeChanged = defineEvent({
  name: 'node.changed',
  payload: {
    type: 'object',
    properties: {
      node: Id,
      name: { type: 'string' },
      state: { type: 'string', enum: ['reachable', 'unknown'] },
      placement: { type: 'string', enum: nodePlacements },
    },
    required: ['node', 'name', 'state', 'placement'],
    additionalProperties: false,
  },
  permission: 'node:read',
  topics: () => ['nodes'],
});

/** A node was taken out of the install. */
export const NodeRemoved = defineEvent({
  name: 'node.removed',
  payload: {
    type: 'object',
    properties: {
      node: Id,
      name: { type: 'string' },
      /** Its machine does not come back: what ran there is gone. */
      lost: { type: 'boolean' },
    },
    required: ['node', 'name', 'lost'],
    additionalProperties: false,
  },
  permission: 'node:read',
  topics: () => ['nodes'],
});

const Leaving = defineSchema({
  type: 'object',
  properties: {
    node: Id,
    name: { type: 'string' },
    how: { type: 'string', enum: ['drain', 'remove'] },
    /** With `remove`: its machine does not come back. */
    lost: { type: 'boolean' },
  },
  required: ['node', 'name', 'how', 'lost'],
  additionalProperties: false,
});
/** A node that is to be drained or removed. */
export type NodeLeaving = Infer<typeof Leaving>;

/** Refuses that a node is drained or removed: a throw says why. */
export const NodeLeave = defineHook({
  name: 'node.leave',
  kind: 'gate',
  payload: Leaving,
  summary: 'Runs before a node is drained or removed; a throw refuses it',
});
