import type { AnswerOf, ItemOf } from '@containr/client';
import type { Infer } from '@containr/sdk';
import { reads } from './documents.ts';

/** A node, as `status` shows it. */
export const Node = reads<ItemOf<'/nodes'>>()({
  type: 'object',
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    state: { type: 'string' },
    placement: { type: 'string' },
    address: { type: 'string' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    lastSeenAt: { type: ['string', 'null'] },
  },
  required: ['id', 'name', 'state', 'placement', 'address', 'labels', 'lastSeenAt'],
});
export type Node = Infer<typeof Node>;

/** How far the emptying of a machine is. */
export const Drain = reads<ItemOf<'/drains'>>()({
  type: 'object',
  properties: {
    node: { type: 'string' },
    state: { type: 'string' },
    moved: { type: 'integer' },
    left: { type: 'integer' },
    waits: { type: 'array', items: { type: 'string' } },
  },
  required: ['node', 'state', 'moved', 'left', 'waits'],
});
export type Drain = Infer<typeof Drain>;

/** The right of a machine to join, once. */
export const JoinOffer = reads<AnswerOf<'POST', '/nodes/tokens'>>()({
  type: 'object',
  properties: {
    join: { type: 'string' },
    control: { type: 'string' },
    onlyHere: { type: 'boolean' },
    expiresAt: { type: 'string' },
  },
  required: ['join', 'control', 'onlyHere', 'expiresAt'],
});
export type JoinOffer = Infer<typeof JoinOffer>;
