import type { Infer } from '@containr/sdk';
import { defineContract, defineEvent, defineHook, defineSchema, Id, Slug, Timestamp } from '@containr/sdk';
import { BuildSettings, Command } from '@containr/sdk/contracts';

const nullable = <const S>(schema: S) => ({ anyOf: [schema, { type: 'null' }] }) as const;

/** How a service proves that it is ready. */
export const HealthSpec = defineSchema({
  type: 'object',
  properties: {
    kind: { type: 'string', enum: ['http', 'tcp', 'command'] },
    path: { type: 'string', pattern: '^/' },
    command: nullable(Command),
    /** `null`: the port of `start`. */
    port: nullable({ type: 'integer', minimum: 1, maximum: 65535 }),
    intervalMs: { type: 'integer', minimum: 100, maximum: 60000 },
    timeoutMs: { type: 'integer', minimum: 100, maximum: 60000 },
    /** Longest time from start to the first good answer. */
    startPeriodMs: { type: 'integer', minimum: 1000, maximum: 3600000 },
    retries: { type: 'integer', minimum: 1, maximum: 100 },
  },
  required: ['kind', 'path', 'command', 'port', 'intervalMs', 'timeoutMs', 'startPeriodMs', 'retries'],
  additionalProperties: false,
});

/** What a service should be, complete: every default filled in. */
export const ServiceSpec = defineSchema({
  type: 'object',
  properties: {
    source: {
      type: 'object',
      properties: {
        kind: { type: 'string', enum: ['git', 'upload', 'image'] },
        branch: { type: 'string', maxLength: 200 },
        rootDirectory: { type: 'string', maxLength: 400 },
        image: nullable({ type: 'string', maxLength: 500 }),
      },
      required: ['kind', 'branch', 'rootDirectory', 'image'],
      additionalProperties: false,
    },
    build: BuildSettings,
    start: {
      type: 'object',
      properties: { command: nullable(Command), port: nullable({ type: 'integer', minimum: 1, maximum: 65535 }) },
      required: ['command', 'port'],
      additionalProperties: false,
    },
    replicas: { type: 'integer', minimum: 0, maximum: 100 },
    resources: {
      type: 'object',
      properties: { cpu: { type: 'number', minimum: 0.05, maximum: 256 }, memoryBytes: { type: 'integer', minimum: 16777216 } },
      required: ['cpu', 'memoryBytes'],
      additionalProperties: false,
    },
    restart: { type: 'string', enum: ['always', 'on-failure', 'never'] },
    health: HealthSpec,
    stop: {
      type: 'object',
      properties: { signal: { type: 'string', enum: ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGHUP'] }, graceMs: { type: 'integer', minimum: 0, maximum: 3600000 } },
      required: ['signal', 'graceMs'],
      additionalProperties: false,
    },
    preDeploy: nullable(Command),
    /** How long old replicas stay warm after the switch. */
    watchMs: { type: 'integer', minimum: 0, maximum: 3600000 },
  },
  required: ['source', 'build', 'start', 'replicas', 'resources', 'restart', 'health', 'stop', 'preDeploy', 'watchMs'],
  additionalProperties: false,
});
export type ServiceSpec = Infer<typeof ServiceSpec>;

/** The spec of a service that says nothing. */
export const defaultSpec: ServiceSpec = {
  source: { kind: 'git', branch: 'main', rootDirectory: '.', image: null },
  build: { builder: 'auto', installCommand: null, buildCommand: null, startCommand: null, dockerfile: null, target: null },
  start: { command: null, port: null },
  replicas: 1,
  resources: { cpu: 1, memoryBytes: 536870912 },
  restart: 'always',
  health: { kind: 'tcp', path: '/', command: null, port: null, intervalMs: 500, timeoutMs: 3000, startPeriodMs: 60000, retries: 3 },
  stop: { signal: 'SIGTERM', graceMs: 10000 },
  preDeploy: null,
  watchMs: 30000,
};

export const ProjectDocument = defineSchema({
  type: 'object',
  properties: { id: Id, slug: Slug, name: { type: 'string' }, createdAt: Timestamp, environments: { type: 'integer' }, services: { type: 'integer' } },
  required: ['id', 'slug', 'name', 'createdAt', 'environments', 'services'],
  additionalProperties: false,
});
export type ProjectDocument = Infer<typeof ProjectDocument>;

export const EnvironmentDocument = defineSchema({
  type: 'object',
  properties: { id: Id, slug: Slug, name: { type: 'string' }, project: Id, kind: { type: 'string', enum: ['production', 'preview', 'development', 'named'] }, createdAt: Timestamp },
  required: ['id', 'slug', 'name', 'project', 'kind', 'createdAt'],
  additionalProperties: false,
});
export type EnvironmentDocument = Infer<typeof EnvironmentDocument>;

const DeploymentRef = defineSchema({
  type: 'object',
  properties: { id: Id, number: { type: 'integer' }, status: { type: 'string' }, phase: nullable({ type: 'string' }), createdAt: Timestamp },
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
  required: ['id', 'slug', 'name', 'kind', 'organisation', 'project', 'environment', 'revision', 'status', 'urls', 'gitUrl', 'liveDeployment', 'latestDeployment', 'createdAt'],
  additionalProperties: false,
});
export type ServiceDocument = Infer<typeof ServiceDocument>;

const VariableKind = { type: 'string', enum: ['plain', 'secret', 'sealed'] } as const;

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
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  required: ['id', 'project', 'environment', 'service', 'name', 'kind', 'value', 'createdAt', 'updatedAt'],
  additionalProperties: false,
});
export type VariableDocument = Infer<typeof VariableDocument>;

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
        properties: { name: { type: 'string' }, kind: VariableKind, scope: { type: 'string', enum: ['project', 'environment', 'service'] } },
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
  required: ['organisation', 'organisationSlug', 'project', 'projectSlug', 'environment', 'environmentSlug', 'service', 'serviceSlug', 'kind', 'revision'],
  additionalProperties: false,
});
export type ServicePath = Infer<typeof ServicePath>;

const ServiceIds = defineSchema({ type: 'object', properties: { services: { type: 'array', items: Id, maxItems: 1000 } }, required: ['services'], additionalProperties: false });
const PathQuery = defineSchema({
  type: 'object',
  properties: { organisation: { type: 'string' }, project: { type: 'string' }, environment: { type: 'string' }, service: { type: 'string' } },
  required: ['organisation', 'project', 'environment', 'service'],
  additionalProperties: false,
});

/** Reads for other plugins; ids are looked up inside the caller's organisation. */
export const Projects = defineContract('projects', 'Projects, environments, services and their specs', {
  /** Paths of services by id; unknown ids are left out. */
  paths: { input: ServiceIds, output: { type: 'object', properties: { paths: { type: 'array', items: ServicePath } }, required: ['paths'], additionalProperties: false } },
  /** By slugs; `null` when there is none. */
  find: { input: PathQuery, output: { type: 'object', properties: { path: { anyOf: [ServicePath, { type: 'null' }] } }, required: ['path'], additionalProperties: false } },
  /** One revision's spec; `revision: null` is the newest. Throws `NOT_FOUND`. */
  spec: {
    input: { type: 'object', properties: { service: Id, revision: nullable({ type: 'integer' }) }, required: ['service', 'revision'], additionalProperties: false },
    output: { type: 'object', properties: { revision: { type: 'integer' }, spec: ServiceSpec }, required: ['revision', 'spec'], additionalProperties: false },
  },
  /** All variables of a service as of a revision, secrets opened. Throws `SECRET_UNREADABLE`. */
  variables: {
    input: { type: 'object', properties: { service: Id, revision: nullable({ type: 'integer' }) }, required: ['service', 'revision'], additionalProperties: false },
    output: {
      type: 'object',
      properties: { variables: { type: 'object', additionalProperties: { type: 'string' } }, secretNames: { type: 'array', items: { type: 'string' } } },
      required: ['variables', 'secretNames'],
      additionalProperties: false,
    },
  },
});

/** Fills in what other plugins know of services, in batches. */
export const ServiceDescribe = defineHook({
  name: 'service.describe',
  kind: 'amend',
  payload: { type: 'object', properties: { services: { type: 'array', items: ServiceDocument } }, required: ['services'], additionalProperties: false },
  summary: 'Adds status, addresses and deployments to service documents',
});

/** Refuses or prepares the deletion of a service. */
export const ServiceDelete = defineHook({
  name: 'service.delete',
  kind: 'gate',
  payload: { type: 'object', properties: { service: Id, organisation: Id }, required: ['service', 'organisation'], additionalProperties: false },
  summary: 'Runs before a service is deleted; a throw refuses',
});

const ProjectRef = defineSchema({ type: 'object', properties: { project: Id }, required: ['project'], additionalProperties: false });
const ServiceRef = defineSchema({
  type: 'object',
  properties: { organisation: Id, project: Id, environment: Id, service: Id, revision: { type: 'integer' } },
  required: ['organisation', 'project', 'environment', 'service', 'revision'],
  additionalProperties: false,
});
export const ProjectChanged = defineEvent({ name: 'project.changed', payload: ProjectRef, permission: 'project:read', topics: (p) => ['projects', `project:${p.project}`] });
export const ServiceCreated = defineEvent({ name: 'service.created', payload: ServiceRef, permission: 'service:read', topics: (p) => [`project:${p.project}`, `service:${p.service}`] });
export const ServiceChanged = defineEvent({ name: 'service.changed', payload: ServiceRef, permission: 'service:read', topics: (p) => [`project:${p.project}`, `service:${p.service}`] });
export const ServiceDeleted = defineEvent({ name: 'service.deleted', payload: ServiceRef, permission: 'service:read', topics: (p) => [`project:${p.project}`, `service:${p.service}`] });
