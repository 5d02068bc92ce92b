import type { Infer } from '@containr/sdk';
import { defineContract, defineHook, defineSchema, Id } from '@containr/sdk';
import { nullable } from './nullable.ts';

/** What an organisation may have limited. `cpu` in cores; sizes in bytes; `builds` are those at once. */
export const quotaResources = [
  'projects',
  'services',
  'replicas',
  'cpu',
  'memoryBytes',
  'builds',
  'artifactBytes',
] as const;
export type QuotaResource = (typeof quotaResources)[number];

/** Limits by resource; what is left out has none. */
export const QuotaLimits = defineSchema({
  type: 'object',
  properties: {
    projects: { type: 'integer', minimum: 0 },
    services: { type: 'integer', minimum: 0 },
    replicas: { type: 'integer', minimum: 0 },
    cpu: { type: 'number', minimum: 0 },
    memoryBytes: { type: 'integer', minimum: 0 },
    builds: { type: 'integer', minimum: 1 },
    artifactBytes: { type: 'integer', minimum: 0 },
  },
  additionalProperties: false,
});
export type QuotaLimits = Infer<typeof QuotaLimits>;

/** How much an organisation has of something, and may have. */
export const QuotaItem = defineSchema({
  type: 'object',
  properties: {
    resource: { type: 'string', enum: quotaResources },
    used: { type: 'number' },
    limit: nullable({ type: 'number' }),
  },
  required: ['resource', 'used', 'limit'],
  additionalProperties: false,
});
export type QuotaItem = Infer<typeof QuotaItem>;

/** For who enforces a limit of what it makes itself. */
export const Quotas = defineContract('quotas', 'Limits of organisations', {
  /** The limits of the caller's organisation; of all that have some when the caller is in none. */
  limits: {
    input: { type: 'object', properties: {}, additionalProperties: false },
    output: {
      type: 'object',
      properties: {
        organisations: {
          type: 'array',
          items: {
            type: 'object',
            properties: { organisation: Id, limits: QuotaLimits },
            required: ['organisation', 'limits'],
            additionalProperties: false,
          },
        },
      },
      required: ['organisations'],
      additionalProperties: false,
    },
  },
});

/** Adds how much an organisation uses of what other plugins count. */
export const QuotaDescribe = defineHook({
  name: 'quota.describe',
  kind: 'amend',
  payload: {
    type: 'object',
    properties: { organisation: Id, items: { type: 'array', items: QuotaItem } },
    required: ['organisation', 'items'],
    additionalProperties: false,
  },
  summary: 'Adds what an organisation uses of its quota',
});
