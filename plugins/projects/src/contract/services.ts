import type { Infer } from '@containr/sdk';
import { defineContract, defineEvent, defineHook, defineSchema, Id } from '@containr/sdk';
import { ServiceDocument, VariableChangeDocument } from './documents.ts';
import { Frozen } from './freezes.ts';
import { nullable } from './nullable.ts';
import { ServiceSpec } from './spec.ts';

/** A service with the slugs of what it is in, for names and paths. */
export const ServicePath = defineSchema({
  type: 'object',
  properties: {
    organisation: Id,
    organisationSlug: { type: 'string' },
    project: Id,
    projectSlug: { type: 'string' },
    environment: Id,
    environmentSlug: { type: 'string' },
    service: Id,
    serviceSlug: { type: 'string' },
    kind: { type: 'string' },
    revision: { type: 'integer' },
  },
  required: [
    'organisation',
    'organisationSlug',
    'project',
    'projectSlug',
    'environment',
    'environmentSlug',
    'service',
    'serviceSlug',
    'kind',
    'revision',
  ],
  additionalProperties: false,
});
export type ServicePath = Infer<typeof ServicePath>;

const ServiceIds = defineSchema({
  type: 'object',
  properties: { services: { type: 'array', items: Id, maxItems: 1000 } },
  required: ['services'],
  additionalProperties: false,
});
const PathQuery = defineSchema({
  type: 'object',
  properties: {
    organisation: { type: 'string' },
    project: { type: 'string' },
    environment: { type: 'string' },
    service: { type: 'string' },
  },
  required: ['organisation', 'project', 'environment', 'service'],
  additionalProperties: false,
});

/** Reads for other plugins; ids are looked up inside the caller's organisation. */
export const Projects = defineContract('projects', 'Projects, environments, services and their specs', {
  /** Paths of services by id; unknown ids are left out. */
  paths: {
    input: ServiceIds,
    output: {
      type: 'object',
      properties: { paths: { type: 'array', items: ServicePath } },
      required: ['paths'],
      additionalProperties: false,
    },
  },
  /** By slugs; `null` when there is none. */
  find: {
    input: PathQuery,
    output: {
      type: 'object',
      properties: { path: { anyOf: [ServicePath, { type: 'null' }] } },
      required: ['path'],
      additionalProperties: false,
    },
  },
  /**
   * The service of the same slug in an environment of the same project; `path` is `null` when there is none. Throws `NOT_FOUND` for a
   * service or environment that is not there, or of another project.
   */
  sibling: {
    input: {
      type: 'object',
      properties: { service: Id, environment: Id },
      required: ['service', 'environment'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: {
        /** Slugs of the environment and of the service that was named. */
        environment: { type: 'string' },
        slug: { type: 'string' },
        path: { anyOf: [ServicePath, { type: 'null' }] },
      },
      required: ['environment', 'slug', 'path'],
      additionalProperties: false,
    },
  },
  /** Whether an environment is frozen now, and until when; `frozen` is `null` when it is not, or not there. */
  frozen: {
    input: { type: 'object', properties: { environment: Id }, required: ['environment'], additionalProperties: false },
    output: {
      type: 'object',
      properties: { frozen: nullable(Frozen) },
      required: ['frozen'],
      additionalProperties: false,
    },
  },
  /** One revision's spec; `revision: null` is the newest. Throws `NOT_FOUND`. */
  spec: {
    input: {
      type: 'object',
      properties: { service: Id, revision: nullable({ type: 'integer' }) },
      required: ['service', 'revision'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: { revision: { type: 'integer' }, spec: ServiceSpec },
      required: ['revision', 'spec'],
      additionalProperties: false,
    },
  },
  /** What differs between the variables of two revisions of a service; of what is secret only that it does. Throws `NOT_FOUND`. */
  compareVariables: {
    input: {
      type: 'object',
      properties: { service: Id, from: { type: 'integer' }, to: { type: 'integer' } },
      required: ['service', 'from', 'to'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: { changes: { type: 'array', items: VariableChangeDocument } },
      required: ['changes'],
      additionalProperties: false,
    },
  },
  /**
   * All variables of a service as of a revision, secrets opened and references followed: `variables` for a replica, `build` for a
   * build, which gets nothing secret. Throws `SECRET_UNREADABLE`, `VARIABLE_MISSING`, `REFERENCE_CYCLE`, `REFERENCE_REFUSED` or
   * `REFERENCE_INVALID`.
   */
  variables: {
    input: {
      type: 'object',
      properties: { service: Id, revision: nullable({ type: 'integer' }) },
      required: ['service', 'revision'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: {
        variables: { type: 'object', additionalProperties: { type: 'string' } },
        build: { type: 'object', additionalProperties: { type: 'string' } },
        secretNames: { type: 'array', items: { type: 'string' } },
      },
      required: ['variables', 'build', 'secretNames'],
      additionalProperties: false,
    },
  },
});

/** Fills in what other plugins know of services, in batches. */
export const ServiceDescribe = defineHook({
  name: 'service.describe',
  kind: 'amend',
  payload: {
    type: 'object',
    properties: { services: { type: 'array', items: ServiceDocument } },
    required: ['services'],
    additionalProperties: false,
  },
  summary: 'Adds status, addresses and deployments to service documents',
});

/** Refuses or prepares the deletion of a service. */
export const ServiceDelete = defineHook({
  name: 'service.delete',
  kind: 'gate',
  payload: {
    type: 'object',
    properties: { service: Id, organisation: Id },
    required: ['service', 'organisation'],
    additionalProperties: false,
  },
  summary: 'Runs before a service is deleted; a throw refuses',
});

const ProjectRef = defineSchema({
  type: 'object',
  properties: { project: Id },
  required: ['project'],
  additionalProperties: false,
});
const ServiceRef = defineSchema({
  type: 'object',
  properties: { organisation: Id, project: Id, environment: Id, service: Id, revision: { type: 'integer' } },
  required: ['organisation', 'project', 'environment', 'service', 'revision'],
  additionalProperties: false,
});
export const ProjectChanged = defineEvent({
  name: 'project.changed',
  payload: ProjectRef,
  permission: 'project:read',
  topics: (p) => ['projects', `project:${p.project}`],
});
export const ServiceCreated = defineEvent({
  name: 'service.created',
  payload: ServiceRef,
  permission: 'service:read',
  topics: (p) => [`project:${p.project}`, `service:${p.service}`],
});
export const ServiceChanged = defineEvent({
  name: 'service.changed',
  payload: ServiceRef,
  permission: 'service:read',
  topics: (p) => [`project:${p.project}`, `service:${p.service}`],
});
export const ServiceDeleted = defineEvent({
  name: 'service.deleted',
  payload: ServiceRef,
  permission: 'service:read',
  topics: (p) => [`project:${p.project}`, `service:${p.service}`],
});
