import type { Infer } from '@containr/sdk';
import { defineSchema, Id, OptionalTimestamp, Timestamp } from '@containr/sdk';

const nullable = <const S>(schema: S) => ({ anyOf: [schema, { type: 'null' }] }) as const;
const reasons = ['age', 'count', 'budget', 'service deleted'] as const;

/** Something that is, or would be, removed. */
const What = {
  kind: { type: 'string', enum: ['artifact', 'snapshot'] },
  name: { type: 'string' },
  service: nullable(Id),
  deployment: nullable(Id),
  node: nullable({ type: 'string' }),
  sizeBytes: { type: 'integer' },
  reason: { type: 'string', enum: reasons },
} as const;

/** What a clean-up would do now, as far as it is of the caller's organisation. */
export const CleanUpPreview = defineSchema({
  type: 'object',
  properties: {
    removes: {
      type: 'array',
      items: {
        type: 'object',
        properties: What,
        required: ['kind', 'name', 'service', 'deployment', 'node', 'sizeBytes', 'reason'],
        additionalProperties: false,
      },
    },
    removeCount: { type: 'integer' },
    removeBytes: { type: 'integer' },
    keeps: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          kind: What.kind,
          reason: { type: 'string', enum: ['serves', 'under way', 'pinned', 'rollback', 'recent'] },
          count: { type: 'integer' },
          sizeBytes: { type: 'integer' },
        },
        required: ['kind', 'reason', 'count', 'sizeBytes'],
        additionalProperties: false,
      },
    },
    /** Room by place, of all organisations together. */
    places: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          kind: What.kind,
          /** `null`: the control plane. */
          node: nullable({ type: 'string' }),
          name: { type: 'string' },
          usedBytes: { type: 'integer' },
          budgetBytes: nullable({ type: 'integer' }),
          /** How far what is needed goes over the budget. */
          overBytes: { type: 'integer' },
        },
        required: ['kind', 'node', 'name', 'usedBytes', 'budgetBytes', 'overBytes'],
        additionalProperties: false,
      },
    },
    keepVersions: { type: 'integer' },
  },
  required: ['removes', 'removeCount', 'removeBytes', 'keeps', 'places', 'keepVersions'],
  additionalProperties: false,
});
export type CleanUpPreview = Infer<typeof CleanUpPreview>;

export const CleanUpDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    by: { type: 'string' },
    startedAt: Timestamp,
    endedAt: OptionalTimestamp,
    removed: { type: 'integer' },
    freedBytes: { type: 'integer' },
    problem: nullable({ type: 'string' }),
  },
  required: ['id', 'by', 'startedAt', 'endedAt', 'removed', 'freedBytes', 'problem'],
  additionalProperties: false,
});
export type CleanUpDocument = Infer<typeof CleanUpDocument>;

export const RemovalDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    run: Id,
    ...What,
    at: Timestamp,
    /** `null` while its node has not freed it yet; `problem` says why. */
    freedAt: OptionalTimestamp,
    problem: nullable({ type: 'string' }),
  },
  required: [
    'id',
    'run',
    'kind',
    'name',
    'service',
    'deployment',
    'node',
    'sizeBytes',
    'reason',
    'at',
    'freedAt',
    'problem',
  ],
  additionalProperties: false,
});
export type RemovalDocument = Infer<typeof RemovalDocument>;
