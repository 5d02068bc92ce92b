import { defineEvent, Id } from '@containr/sdk';

/** A node connected, changed, or was not heard from for a while. */
export const NodeChanged = defineEvent({
  name: 'node.changed',
  payload: {
    type: 'object',
    properties: {
      node: Id,
      name: { type: 'string' },
      state: { type: 'string', enum: ['reachable', 'unknown', 'draining'] },
    },
    required: ['node', 'name', 'state'],
    additionalProperties: false,
  },
  permission: 'node:read',
  topics: () => ['nodes'],
});
