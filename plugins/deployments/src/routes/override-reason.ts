import { defineSchema } from '@containr/sdk';

/** Why something is deployed in spite of a freeze window. */
export const Reason = { type: 'string', minLength: 3, maxLength: 500, pattern: '\\S' } as const;

/** A body that may give a reason to deploy in spite of a freeze window. */
export const WithReason = defineSchema({
  type: 'object',
  properties: { overrideReason: Reason },
  additionalProperties: false,
});
