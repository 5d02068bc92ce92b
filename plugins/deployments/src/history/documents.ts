import type { Infer } from '@containr/sdk';
import { defineSchema, Id, OptionalTimestamp, Timestamp } from '@containr/sdk';
import { VariableChangeDocument } from '@containr/plugin-projects/contract';
import { phaseNames, statusNames } from '../contract.ts';

const nullable = <const S>(schema: S) => ({ anyOf: [schema, { type: 'null' }] }) as const;

const Side = {
  type: 'object',
  properties: {
    id: Id,
    number: { type: 'integer' },
    status: { type: 'string', enum: statusNames },
    revision: { type: 'integer' },
    createdBy: { type: 'string' },
    createdAt: Timestamp,
    liveAt: OptionalTimestamp,
  },
  required: ['id', 'number', 'status', 'revision', 'createdBy', 'createdAt', 'liveAt'],
  additionalProperties: false,
} as const;

const FieldChanges = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      /** JSON pointer. */
      path: { type: 'string' },
      before: {},
      after: {},
    },
    required: ['path', 'before', 'after'],
    additionalProperties: false,
  },
} as const;

/** What differs between two deployments of a service, and, of one that can be gone to, how. */
export const Comparison = defineSchema({
  type: 'object',
  properties: {
    from: Side,
    to: Side,
    source: FieldChanges,
    spec: FieldChanges,
    plan: FieldChanges,
    variables: { type: 'array', items: VariableChangeDocument },
    artifact: {
      type: 'object',
      properties: {
        same: { type: 'boolean' },
        before: nullable({ type: 'string' }),
        after: nullable({ type: 'string' }),
      },
      required: ['same', 'before', 'after'],
      additionalProperties: false,
    },
    phases: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string', enum: phaseNames },
          beforeMs: nullable({ type: 'integer' }),
          afterMs: nullable({ type: 'integer' }),
        },
        required: ['name', 'beforeMs', 'afterMs'],
        additionalProperties: false,
      },
    },
    /** What going to `to` would be; `null` where it never can be. */
    way: nullable({
      type: 'object',
      properties: {
        direction: { type: 'string', enum: ['back', 'forward'] },
        /** `ready` on its node; `gone`, then it is built from its source; `lost`, its source is gone too; `unknown`: its node does not answer. */
        artifact: { type: 'string', enum: ['ready', 'gone', 'lost', 'unknown'] },
      },
      required: ['direction', 'artifact'],
      additionalProperties: false,
    }),
  },
  required: ['from', 'to', 'source', 'spec', 'plan', 'variables', 'artifact', 'phases', 'way'],
  additionalProperties: false,
});
export type Comparison = Infer<typeof Comparison>;

const Times = {
  type: 'object',
  properties: { p50Ms: nullable({ type: 'number' }), p95Ms: nullable({ type: 'number' }) },
  required: ['p50Ms', 'p95Ms'],
  additionalProperties: false,
} as const;
const Counts = {
  total: { type: 'integer' },
  /** Reached their visitors, and did not fail after. */
  good: { type: 'integer' },
  failed: { type: 'integer' },
  /** Cancelled, or replaced by a newer one before they began. */
  left: { type: 'integer' },
} as const;

/** How deployments of a time went. */
export const Statistics = defineSchema({
  type: 'object',
  properties: {
    since: Timestamp,
    until: Timestamp,
    ...Counts,
    /** Good ones among those that were good or failed, 0 to 1; `null` when there is none. */
    successRate: nullable({ type: 'number' }),
    /** From the request to the switch of the routes. */
    pushToLive: Times,
    phases: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string', enum: phaseNames }, count: { type: 'integer' }, ...Times.properties },
        required: ['name', 'count', 'p50Ms', 'p95Ms'],
        additionalProperties: false,
      },
    },
    /** By service or by who asked for them, most first; 50 at most. */
    groups: {
      type: 'array',
      items: {
        type: 'object',
        properties: { key: { type: 'string' }, name: { type: 'string' }, ...Counts, ...Times.properties },
        required: ['key', 'name', 'total', 'good', 'failed', 'left', 'p50Ms', 'p95Ms'],
        additionalProperties: false,
      },
    },
  },
  required: ['since', 'until', 'total', 'good', 'failed', 'left', 'successRate', 'pushToLive', 'phases', 'groups'],
  additionalProperties: false,
});
export type Statistics = Infer<typeof Statistics>;
