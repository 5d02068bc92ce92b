import type { Infer } from '@containr/sdk';
import { defineCapability, defineSchema, Id } from '@containr/sdk';

/** Where and how to ask, and how long. */
export const ProbeRequest = defineSchema({
  type: 'object',
  properties: {
    replica: Id,
    address: { type: 'string', maxLength: 253 },
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    kind: { type: 'string', enum: ['http', 'tcp'] },
    path: { type: 'string', pattern: '^/', maxLength: 2000 },
    intervalMs: { type: 'integer', minimum: 50, maximum: 60_000 },
    timeoutMs: { type: 'integer', minimum: 50, maximum: 60_000 },
    /** Longest time until the first good answer. */
    startPeriodMs: { type: 'integer', minimum: 100, maximum: 3_600_000 },
  },
  required: ['replica', 'address', 'port', 'kind', 'path', 'intervalMs', 'timeoutMs', 'startPeriodMs'],
  additionalProperties: false,
});
export type ProbeRequest = Infer<typeof ProbeRequest>;

/** What came of it. `connected`: at least once something accepted a connection. */
export const ProbeResult = defineSchema({
  type: 'object',
  properties: {
    healthy: { type: 'boolean' },
    connected: { type: 'boolean' },
    lastStatus: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    lastError: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    attempts: { type: 'integer', minimum: 0 },
    tookMs: { type: 'integer', minimum: 0 },
  },
  required: ['healthy', 'connected', 'lastStatus', 'lastError', 'attempts', 'tookMs'],
  additionalProperties: false,
});
export type ProbeResult = Infer<typeof ProbeResult>;

/** Asks a replica from its own node until it answers well or its start period is over. A task. */
export const HealthProbe = defineCapability({
  name: 'health.probe',
  input: ProbeRequest,
  output: ProbeResult,
  permission: 'deployment:create',
  timeoutMs: 3_660_000,
  summary: 'Waits for a replica to answer',
});
