import type { Infer } from '@containr/sdk';
import { defineEvent, defineSchema, Id, OptionalTimestamp, Timestamp } from '@containr/sdk';
import { Command } from '@containr/sdk/contracts';

const nullable = <const S>(schema: S) => ({ anyOf: [schema, { type: 'null' }] }) as const;

/** Where a run can stand; the last six are ends. */
export const runStatuses = [
  'waiting',
  'running',
  'succeeded',
  'failed',
  'timed-out',
  'cancelled',
  'skipped',
  'lost',
] as const;
export type RunStatus = (typeof runStatuses)[number];

/** One command in the artifact of what served then. */
export const RunDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    service: Id,
    environment: Id,
    project: Id,
    /** Deployment whose artifact it runs in; `null` before it began. */
    deployment: nullable(Id),
    deploymentNumber: nullable({ type: 'integer' }),
    trigger: { type: 'string', enum: ['schedule', 'person'] },
    /** `null`: the start command of the service. */
    command: { anyOf: [...Command.anyOf, { type: 'null' }] },
    status: { type: 'string', enum: runStatuses },
    exitCode: nullable({ type: 'integer' }),
    /** Why it ended so, or what it waits for, in a sentence. */
    reason: nullable({ type: 'string' }),
    /** The time that the schedule named. */
    scheduledFor: OptionalTimestamp,
    /** Whether it ends with the connection that asked for it. */
    attached: { type: 'boolean' },
    timeoutMs: { type: 'integer' },
    createdBy: { type: 'string' },
    createdAt: Timestamp,
    startedAt: OptionalTimestamp,
    endedAt: OptionalTimestamp,
    durationMs: nullable({ type: 'integer' }),
  },
  required: [
    'id',
    'service',
    'environment',
    'project',
    'deployment',
    'deploymentNumber',
    'trigger',
    'command',
    'status',
    'exitCode',
    'reason',
    'scheduledFor',
    'attached',
    'timeoutMs',
    'createdBy',
    'createdAt',
    'startedAt',
    'endedAt',
    'durationMs',
  ],
  additionalProperties: false,
});
export type RunDocument = Infer<typeof RunDocument>;

/** When a service runs next. */
export const ScheduleDocument = defineSchema({
  type: 'object',
  properties: {
    service: Id,
    schedule: { type: 'string' },
    timeZone: { type: 'string' },
    overlap: { type: 'string', enum: ['skip', 'queue', 'replace'] },
    nextAt: OptionalTimestamp,
  },
  required: ['service', 'schedule', 'timeZone', 'overlap', 'nextAt'],
  additionalProperties: false,
});
export type ScheduleDocument = Infer<typeof ScheduleDocument>;

/** A run began, ended or was left out. */
export const RunChanged = defineEvent({
  name: 'run.changed',
  payload: {
    type: 'object',
    properties: { run: Id, service: Id, project: Id, status: { type: 'string', enum: runStatuses } },
    required: ['run', 'service', 'project', 'status'],
    additionalProperties: false,
  },
  permission: 'run:read',
  topics: (p) => [`run:${p.run}`, `service:${p.service}`, `project:${p.project}`],
});
