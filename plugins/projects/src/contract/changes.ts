import type { Infer } from '@containr/sdk';
import { defineContract, defineEvent, defineSchema, Id, Timestamp } from '@containr/sdk';
import { VariableChangeDocument } from './documents.ts';
import { nullable } from './nullable.ts';

/** A change that waits in an environment. Of `variable` and `spec` one is set. */
export const ChangeDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    environment: Id,
    target: { type: 'string', enum: ['variable', 'spec'] },
    scope: { type: 'string', enum: ['project', 'environment', 'service'] },
    /** Id and slug of the project, environment or service whose it is. */
    owner: Id,
    slug: { type: 'string' },
    variable: nullable(VariableChangeDocument),
    spec: nullable({
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, before: {}, after: {} },
        required: ['path', 'before', 'after'],
        additionalProperties: false,
      },
    }),
    /** Whether what it was made from has been changed since: applying needs `overwrite`, or staging it again. */
    conflict: { type: 'boolean' },
    by: { type: 'string' },
    at: Timestamp,
  },
  required: ['id', 'environment', 'target', 'scope', 'owner', 'slug', 'variable', 'spec', 'conflict', 'by', 'at'],
  additionalProperties: false,
});
export type ChangeDocument = Infer<typeof ChangeDocument>;

/** Staged changes of an environment are others now. */
export const ChangesChanged = defineEvent({
  name: 'changes.changed',
  payload: {
    type: 'object',
    properties: { project: Id, environment: Id },
    required: ['project', 'environment'],
    additionalProperties: false,
  },
  permission: 'service:read',
  topics: (p) => [`project:${p.project}`],
});

/** A service that got a revision, and those that are to be live before it. */
export const RevisedService = defineSchema({
  type: 'object',
  properties: { service: Id, revision: { type: 'integer' }, after: { type: 'array', items: Id } },
  required: ['service', 'revision', 'after'],
  additionalProperties: false,
});

/** One service of a roll-out. */
export const RolloutOutcome = defineSchema({
  type: 'object',
  properties: {
    service: Id,
    /** `null` when none is begun. */
    deployment: nullable(Id),
    /** Why none is. */
    reason: nullable({ type: 'string' }),
  },
  required: ['service', 'deployment', 'reason'],
  additionalProperties: false,
});
export type RolloutOutcome = Infer<typeof RolloutOutcome>;

/** Brings new revisions to what runs; provided by who deploys. */
export const Rollout = defineContract('rollout', 'Brings new revisions of services to what runs', {
  /**
   * Begins a deployment of each service that has been deployed before; each waits for those in `after`, and does not begin when one of
   * them fails. The same `application` begins nothing twice.
   */
  begin: {
    input: {
      type: 'object',
      properties: {
        application: Id,
        by: { type: 'string' },
        services: {
          type: 'array',
          items: RevisedService,
        },
      },
      required: ['application', 'by', 'services'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: { deployments: { type: 'array', items: RolloutOutcome } },
      required: ['deployments'],
      additionalProperties: false,
    },
  },
});
