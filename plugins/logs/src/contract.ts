import type { Infer } from '@containr/sdk';
import { defineContract, defineSchema, Empty, Id, Timestamp } from '@containr/sdk';

const nullable = <const S>(schema: S) => ({ anyOf: [schema, { type: 'null' }] }) as const;

export const LogLine = defineSchema({
  type: 'object',
  properties: {
    at: Timestamp,
    /** Replica id, or `build`, `system` …: who wrote it, for people. */
    source: { type: 'string' },
    stream: { type: 'string', enum: ['stdout', 'stderr', 'system'] },
    phase: nullable({ type: 'string' }),
    seq: { type: 'integer' },
    text: { type: 'string' },
    deployment: nullable(Id),
    service: Id,
    /** Place in the log, to go on from: opaque, grows in the order of arrival. */
    cursor: { type: 'string' },
  },
  required: ['at', 'source', 'stream', 'phase', 'seq', 'text', 'deployment', 'service', 'cursor'],
  additionalProperties: false,
});
export type LogLine = Infer<typeof LogLine>;

/** Whose lines. `source` + `seq` name a line: appended twice, it is kept once. */
export const LogAppend = defineSchema({
  type: 'object',
  properties: {
    organisation: Id,
    service: Id,
    deployment: nullable(Id),
    phase: nullable({ type: 'string' }),
    source: { type: 'string', maxLength: 200 },
    lines: {
      type: 'array',
      maxItems: 1000,
      items: {
        type: 'object',
        properties: {
          seq: { type: 'integer', minimum: 0 },
          at: Timestamp,
          stream: { type: 'string', enum: ['stdout', 'stderr', 'system'] },
          text: { type: 'string' },
        },
        required: ['seq', 'at', 'stream', 'text'],
        additionalProperties: false,
      },
    },
  },
  required: ['organisation', 'service', 'deployment', 'phase', 'source', 'lines'],
  additionalProperties: false,
});
export type LogAppend = Infer<typeof LogAppend>;

export const LogQuery = defineSchema({
  type: 'object',
  properties: {
    service: nullable(Id),
    deployment: nullable(Id),
    phase: nullable({ type: 'string' }),
    /** Lines after this cursor; `null`: from the beginning. */
    after: nullable({ type: 'string' }),
    search: nullable({ type: 'string', maxLength: 200 }),
    since: nullable(Timestamp),
    until: nullable(Timestamp),
    limit: { type: 'integer', minimum: 1, maximum: 5000 },
    /** The newest lines instead of the first ones; still oldest first. */
    tail: { type: 'boolean' },
    /** Only lines of this source. */
    source: { type: 'string', maxLength: 200 },
    /** Waits up to this long for a first line. */
    waitMs: { type: 'integer', minimum: 0, maximum: 30000 },
  },
  required: ['service', 'deployment', 'phase', 'after', 'search', 'since', 'until', 'limit', 'waitMs'],
  additionalProperties: false,
});
export type LogQuery = Infer<typeof LogQuery>;

/** Keeps and gives lines; reads are inside the caller's organisation. */
export const Logs = defineContract('logs', 'Keeps what builds and replicas write', {
  append: { input: LogAppend, output: Empty },
  read: {
    input: LogQuery,
    output: {
      type: 'object',
      properties: { lines: { type: 'array', items: LogLine } },
      required: ['lines'],
      additionalProperties: false,
    },
  },
});
