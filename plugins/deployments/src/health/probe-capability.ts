import type { Infer } from '@containr/sdk';
import { defineCapability, defineSchema, Id } from '@containr/sdk';
import { CheckResult, CheckTiming } from '@containr/sdk/contracts';

/** Where and how to ask, and how long. */
export const ProbeRequest = defineSchema({
  type: 'object',
  properties: {
    replica: Id,
    address: { type: 'string', maxLength: 253 },
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    kind: { type: 'string', enum: ['http', 'tcp'] },
    path: { type: 'string', pattern: '^/', maxLength: 2000 },
    /** Statuses of a good answer: `200-399`, `200,204`. */
    statuses: { type: 'string', maxLength: 200 },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
    timing: CheckTiming,
  },
  required: ['replica', 'address', 'port', 'kind', 'path', 'statuses', 'headers', 'timing'],
  additionalProperties: false,
});
export type ProbeRequest = Infer<typeof ProbeRequest>;

/** Asks a replica over the network from its own node. A task. */
export const HealthProbe = defineCapability({
  name: 'health.probe',
  input: ProbeRequest,
  output: CheckResult,
  permission: 'deployment:create',
  timeoutMs: 3_660_000,
  summary: 'Asks a replica how it is over HTTP or TCP',
});
