import { defineCapability, Empty } from '@containr/sdk';

/** The HAProxy of a node, or why it has none that can be used. */
export const EngineLook = defineCapability({
  name: 'engine-look.haproxy',
  input: Empty,
  output: {
    type: 'object',
    properties: {
      version: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      /** `null` when there is one. */
      reason: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    },
    required: ['version', 'reason'],
    additionalProperties: false,
  },
  permission: 'node:read',
  timeoutMs: 15_000,
  summary: 'Looks for an HAProxy that can be used',
});
