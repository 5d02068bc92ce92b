import type { Infer } from '../schema.ts';
import { defineSchema, Id } from '../schema.ts';
import { Command } from './runtime-documents.ts';

/** How often, how patiently and until when a replica is asked how it is. */
export const CheckTiming = defineSchema({
  type: 'object',
  properties: {
    /** `ready`: until the first good answer. `steady`: until `retries` bad ones in a row. Both end after `periodMs` at the latest. */
    until: { type: 'string', enum: ['ready', 'steady'] },
    intervalMs: { type: 'integer', minimum: 50, maximum: 60_000 },
    /** Longest wait for one answer. */
    timeoutMs: { type: 'integer', minimum: 50, maximum: 60_000 },
    periodMs: { type: 'integer', minimum: 100, maximum: 3_600_000 },
    retries: { type: 'integer', minimum: 1, maximum: 100 },
  },
  required: ['until', 'intervalMs', 'timeoutMs', 'periodMs', 'retries'],
  additionalProperties: false,
});
export type CheckTiming = Infer<typeof CheckTiming>;

/** What came of asking. `connected`: at least once something accepted a connection, or a command could be run. */
export const CheckResult = defineSchema({
  type: 'object',
  properties: {
    healthy: { type: 'boolean' },
    connected: { type: 'boolean' },
    /** Status of the last HTTP answer, if any. */
    lastStatus: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    /** What was wrong with the last bad answer, for people. */
    lastError: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    attempts: { type: 'integer', minimum: 0 },
    tookMs: { type: 'integer', minimum: 0 },
  },
  required: ['healthy', 'connected', 'lastStatus', 'lastError', 'attempts', 'tookMs'],
  additionalProperties: false,
});
export type CheckResult = Infer<typeof CheckResult>;

/** A command to run beside what runs in a replica, as its user, in its file system and within its limits. */
export const ExecRequest = defineSchema({
  type: 'object',
  properties: {
    replica: Id,
    command: Command,
    /** The service's variables, secrets opened; a runtime that keeps them in the replica itself does not need them. */
    variables: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['replica', 'command', 'variables'],
  additionalProperties: false,
});
export type ExecRequest = Infer<typeof ExecRequest>;

/** A health check by command: exit code 0 is a good answer. */
export const CheckRequest = defineSchema({
  type: 'object',
  properties: { ...ExecRequest.properties, timing: CheckTiming },
  required: [...ExecRequest.required, 'timing'],
  additionalProperties: false,
});
export type CheckRequest = Infer<typeof CheckRequest>;
