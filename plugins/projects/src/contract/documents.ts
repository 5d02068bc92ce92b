import type { Infer } from '@containr/sdk';
import { defineSchema, Id, Slug, Timestamp } from '@containr/sdk';
import { nullable } from './nullable.ts';
import { ServiceSpec } from './spec.ts';

export const ProjectDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    slug: Slug,
    name: { type: 'string' },
    createdAt: Timestamp,
    environments: { type: 'integer' },
    services: { type: 'integer' },
  },
  required: ['id', 'slug', 'name', 'createdAt', 'environments', 'services'],
  additionalProperties: false,
});
export type ProjectDocument = Infer<typeof ProjectDocument>;

export const EnvironmentDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    slug: Slug,
    name: { type: 'string' },
    project: Id,
    kind: { type: 'string', enum: ['production', 'preview', 'development', 'named'] },
    createdAt: Timestamp,
  },
  required: ['id', 'slug', 'name', 'project', 'kind', 'createdAt'],
  additionalProperties: false,
});
export type EnvironmentDocument = Infer<typeof EnvironmentDocument>;

const DeploymentRef = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    number: { type: 'integer' },
    status: { type: 'string' },
    phase: nullable({ type: 'string' }),
    createdAt: Timestamp,
  },
  required: ['id', 'number', 'status', 'phase', 'createdAt'],
  additionalProperties: false,
});

/** A service as the API shows it. What other plugins know (status, urls, gitUrl, deployments) they add by {@link ServiceDescribe}. */
export const ServiceDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    slug: Slug,
    name: { type: 'string' },
    kind: { type: 'string', enum: ['web', 'worker', 'cron', 'database', 'static'] },
    organisation: Id,
    project: Id,
    environment: Id,
    revision: { type: 'integer' },
    status: {
      type: 'object',
      properties: {
        state: { type: 'string', enum: ['live', 'deploying', 'failed', 'stopped', 'sleeping', 'unknown'] },
        replicas: {
          type: 'object',
          properties: { desired: { type: 'integer' }, ready: { type: 'integer' } },
          required: ['desired', 'ready'],
          additionalProperties: false,
        },
      },
      required: ['state', 'replicas'],
      additionalProperties: false,
    },
    urls: { type: 'array', items: { type: 'string' } },
    gitUrl: nullable({ type: 'string' }),
    liveDeployment: nullable(DeploymentRef),
    latestDeployment: nullable(DeploymentRef),
    createdAt: Timestamp,
  },
  required: [
    'id',
    'slug',
    'name',
    'kind',
    'organisation',
    'project',
    'environment',
    'revision',
    'status',
    'urls',
    'gitUrl',
    'liveDeployment',
    'latestDeployment',
    'createdAt',
  ],
  additionalProperties: false,
});
export type ServiceDocument = Infer<typeof ServiceDocument>;

export const VariableKind = { type: 'string', enum: ['plain', 'secret', 'sealed'] } as const;

/** Who gets a variable: `build` only builds, `run` only replicas. What is secret never reaches a build, whatever stands here. */
export const Availability = { type: 'string', enum: ['both', 'build', 'run'] } as const;

/** What a value refers to: a variable of a service by slug, of what is shared (`shared`), or (`null`) of the same place. */
export const ReferenceDocument = defineSchema({
  type: 'object',
  properties: { service: nullable({ type: 'string' }), name: { type: 'string' } },
  required: ['service', 'name'],
  additionalProperties: false,
});

/**
 * A variable of a project, environment or service (exactly one of the three is set). `plain` is stored as it is, `secret`
 * encrypted and shown to who may read variables, `sealed` encrypted and never shown again: its `value` is always `null`.
 */
export const VariableDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    project: nullable(Id),
    environment: nullable(Id),
    service: nullable(Id),
    name: { type: 'string' },
    kind: VariableKind,
    /** `null` for sealed ones, and for who lacks `variable:read`. */
    value: nullable({ type: 'string' }),
    available: Availability,
    references: { type: 'array', items: ReferenceDocument },
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  required: [
    'id',
    'project',
    'environment',
    'service',
    'name',
    'kind',
    'value',
    'available',
    'references',
    'createdAt',
    'updatedAt',
  ],
  additionalProperties: false,
});
export type VariableDocument = Infer<typeof VariableDocument>;

/** What a change did, or would do, to one variable. Of what is secret it is only said that it changed: both values are `null`. */
export const VariableChangeDocument = defineSchema({
  type: 'object',
  properties: {
    name: { type: 'string' },
    action: { type: 'string', enum: ['added', 'changed', 'removed'] },
    kind: VariableKind,
    kindBefore: nullable(VariableKind),
    before: nullable({ type: 'string' }),
    after: nullable({ type: 'string' }),
  },
  required: ['name', 'action', 'kind', 'kindBefore', 'before', 'after'],
  additionalProperties: false,
});
export type VariableChangeDocument = Infer<typeof VariableChangeDocument>;

/** One version of the variables of an owner. */
export const VariableVersionDocument = defineSchema({
  type: 'object',
  properties: {
    version: { type: 'integer' },
    at: Timestamp,
    by: { type: 'string' },
    reason: { type: 'string' },
    /** Version that it brought back. */
    restored: nullable({ type: 'integer' }),
    /** How many variables it changed; `changes` shows 200 of them at most. */
    count: { type: 'integer' },
    changes: { type: 'array', items: VariableChangeDocument },
  },
  required: ['version', 'at', 'by', 'reason', 'restored', 'count', 'changes'],
  additionalProperties: false,
});
export type VariableVersionDocument = Infer<typeof VariableVersionDocument>;

/** A service that reads a variable of another one, or of what is shared. */
export const EdgeDocument = defineSchema({
  type: 'object',
  properties: {
    from: Id,
    /** The service that is read; `null` for what is shared, and while there is none of that name. */
    to: nullable(Id),
    /** Variable of `from` that holds the reference, and whose it is. */
    variable: { type: 'string' },
    scope: { type: 'string', enum: ['project', 'environment', 'service'] },
    reference: ReferenceDocument,
    /** Why a deployment would fail on it; `null` when it would not. */
    problem: nullable({
      type: 'object',
      properties: { code: { type: 'string' }, detail: { type: 'string' }, hint: { type: 'string' } },
      required: ['code', 'detail', 'hint'],
      additionalProperties: false,
    }),
  },
  required: ['from', 'to', 'variable', 'scope', 'reference', 'problem'],
  additionalProperties: false,
});
export type EdgeDocument = Infer<typeof EdgeDocument>;

/** One revision of a service: its spec and the names of the variables it had. */
export const SpecDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    service: Id,
    revision: { type: 'integer' },
    spec: ServiceSpec,
    variables: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          kind: VariableKind,
          scope: { type: 'string', enum: ['project', 'environment', 'service'] },
        },
        required: ['name', 'kind', 'scope'],
        additionalProperties: false,
      },
    },
    /** What made it, for people: `created`, `spec changed`, `variable DATABASE_URL set` … */
    reason: { type: 'string' },
    createdBy: { type: 'string' },
    createdAt: Timestamp,
  },
  required: ['id', 'service', 'revision', 'spec', 'variables', 'reason', 'createdBy', 'createdAt'],
  additionalProperties: false,
});
export type SpecDocument = Infer<typeof SpecDocument>;
