import type { Infer } from '@containr/sdk';
import {
  defineContract,
  defineEvent,
  defineHook,
  defineSchema,
  Empty,
  Id,
  OptionalTimestamp,
  Timestamp,
} from '@containr/sdk';
import { Artifact, BuildPlan } from '@containr/sdk/contracts';

const nullable = <const S>(schema: S) => ({ anyOf: [schema, { type: 'null' }] }) as const;

/** The road, in order. */
export const phaseNames = [
  'request',
  'source',
  'plan',
  'build',
  'release',
  'place',
  'start',
  'health',
  'route',
  'watch',
  'retire',
] as const;
export type PhaseName = (typeof phaseNames)[number];

export const statusNames = [
  'queued',
  'running',
  'watching',
  'live',
  'failed',
  'cancelled',
  'superseded',
  'retired',
] as const;
export type DeploymentStatus = (typeof statusNames)[number];

/** Why a deployment failed: a stable code, a sentence, and what to do. */
export const Cause = defineSchema({
  type: 'object',
  properties: {
    code: { type: 'string' },
    title: { type: 'string' },
    detail: { type: 'string' },
    hint: { type: 'string' },
  },
  required: ['code', 'title', 'detail', 'hint'],
  additionalProperties: false,
});
export type Cause = Infer<typeof Cause>;

export const DeploymentSource = defineSchema({
  type: 'object',
  properties: {
    kind: { type: 'string', enum: ['git', 'upload', 'image'] },
    ref: nullable({ type: 'string' }),
    commit: nullable({ type: 'string' }),
    message: nullable({ type: 'string' }),
    author: nullable({ type: 'string' }),
    /** Names the content: the snapshot is stored under it. */
    treeHash: nullable({ type: 'string' }),
  },
  required: ['kind', 'ref', 'commit', 'message', 'author', 'treeHash'],
  additionalProperties: false,
});
export type DeploymentSource = Infer<typeof DeploymentSource>;

export const PhaseDocument = defineSchema({
  type: 'object',
  properties: {
    name: { type: 'string', enum: phaseNames },
    status: { type: 'string', enum: ['pending', 'running', 'done', 'failed', 'skipped', 'cancelled'] },
    attempt: { type: 'integer' },
    startedAt: OptionalTimestamp,
    endedAt: OptionalTimestamp,
    durationMs: nullable({ type: 'integer' }),
    message: nullable({ type: 'string' }),
  },
  required: ['name', 'status', 'attempt', 'startedAt', 'endedAt', 'durationMs', 'message'],
  additionalProperties: false,
});
export type PhaseDocument = Infer<typeof PhaseDocument>;

/** Why a queued deployment does not go on yet. */
export const Waiting = defineSchema({
  type: 'object',
  properties: {
    /** `lane`: another one of its service is under way; `order`: one that it reads from; `build`, `rollout`: no free slot; `freeze`: its environment is frozen. */
    kind: { type: 'string', enum: ['lane', 'order', 'build', 'rollout', 'freeze'] },
    /** One sentence, with who has what it waits for. */
    reason: { type: 'string' },
    /** Place in line, from 1, and how many are in that line. */
    position: { type: 'integer' },
    of: { type: 'integer' },
    since: Timestamp,
    /** When a freeze window ends. */
    until: OptionalTimestamp,
  },
  required: ['kind', 'reason', 'position', 'of', 'since', 'until'],
  additionalProperties: false,
});
export type Waiting = Infer<typeof Waiting>;

/** Who let a deployment begin in spite of freeze windows, and why. */
export const Override = defineSchema({
  type: 'object',
  properties: {
    by: { type: 'string' },
    reason: { type: 'string' },
    windows: { type: 'array', items: { type: 'string' } },
  },
  required: ['by', 'reason', 'windows'],
  additionalProperties: false,
});
export type Override = Infer<typeof Override>;

export const DeploymentDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    number: { type: 'integer' },
    service: Id,
    environment: Id,
    project: Id,
    status: { type: 'string', enum: statusNames },
    phase: nullable({ type: 'string', enum: phaseNames }),
    /** Set while it is queued. */
    waiting: nullable(Waiting),
    cause: nullable(Cause),
    /** What went wrong and did not fail it, like a post-deploy command. */
    notices: { type: 'array', items: Cause },
    source: DeploymentSource,
    artifact: nullable(Artifact),
    /** Set when a clean-up removed the artifact: a rollback has to build it again. */
    artifactRemovedAt: OptionalTimestamp,
    /** Never touched by clean-ups. */
    pinned: { type: 'boolean' },
    revision: { type: 'integer' },
    plan: nullable(BuildPlan),
    phases: { type: 'array', items: PhaseDocument },
    urls: { type: 'array', items: { type: 'string' } },
    createdBy: { type: 'string' },
    createdAt: Timestamp,
    liveAt: OptionalTimestamp,
    endedAt: OptionalTimestamp,
    rollbackOf: nullable(Id),
    /** Deployment of another environment whose artifact this one runs. */
    promotedFrom: nullable(Id),
    supersededBy: nullable(Id),
    override: nullable(Override),
  },
  required: [
    'id',
    'number',
    'service',
    'environment',
    'project',
    'status',
    'phase',
    'waiting',
    'cause',
    'notices',
    'source',
    'artifact',
    'artifactRemovedAt',
    'pinned',
    'revision',
    'plan',
    'phases',
    'urls',
    'createdBy',
    'createdAt',
    'liveAt',
    'endedAt',
    'rollbackOf',
    'promotedFrom',
    'supersededBy',
    'override',
  ],
  additionalProperties: false,
});
export type DeploymentDocument = Infer<typeof DeploymentDocument>;

/** For who brings a source: Git, webhooks, the command line. */
export const Deployments = defineContract('deployments', 'The road of a change, from source to live', {
  /** Takes a tar or tar.gz file on the control plane's disk into the snapshot store; the caller removes its file. */
  importSnapshot: {
    input: {
      type: 'object',
      properties: { path: { type: 'string' }, gzip: { type: 'boolean' } },
      required: ['path', 'gzip'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: { treeHash: { type: 'string' } },
      required: ['treeHash'],
      additionalProperties: false,
    },
  },
  /** One row and one job in one transaction; newer requests supersede waiting ones. `revision: null` is the newest. */
  request: {
    input: {
      type: 'object',
      properties: { service: Id, source: DeploymentSource, revision: nullable({ type: 'integer' }) },
      required: ['service', 'source', 'revision'],
      additionalProperties: false,
    },
    output: DeploymentDocument,
  },
  get: {
    input: { type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false },
    output: DeploymentDocument,
  },
  /** What serves of a service now; `null` when nothing does. */
  live: {
    input: { type: 'object', properties: { service: Id }, required: ['service'], additionalProperties: false },
    output: {
      type: 'object',
      properties: { deployment: nullable(DeploymentDocument) },
      required: ['deployment'],
      additionalProperties: false,
    },
  },
  /** Services of a kind that serve now, with their organisation; of all organisations when the caller is in none. */
  liveServices: {
    input: {
      type: 'object',
      properties: { kind: { type: 'string' } },
      required: ['kind'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: {
        services: {
          type: 'array',
          items: {
            type: 'object',
            properties: { service: Id, organisation: Id },
            required: ['service', 'organisation'],
            additionalProperties: false,
          },
        },
      },
      required: ['services'],
      additionalProperties: false,
    },
  },
  /** Stops every replica on reachable nodes without changing what should run: reconciling rests until the next start. */
  suspend: {
    input: Empty,
    output: {
      type: 'object',
      properties: { stopped: { type: 'integer' } },
      required: ['stopped'],
      additionalProperties: false,
    },
  },
  /** Commit of the newest Git deployment by service id, for the sweep of missed pushes. */
  latestCommits: {
    input: {
      type: 'object',
      properties: { services: { type: 'array', items: Id } },
      required: ['services'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: { commits: { type: 'object', additionalProperties: { type: 'string' } } },
      required: ['commits'],
      additionalProperties: false,
    },
  },
});

/** Refuses a deployment before it starts; a throw's detail becomes the cause. */
export const DeployGate = defineHook({
  name: 'deploy.gate',
  kind: 'gate',
  payload: {
    type: 'object',
    properties: { deployment: Id, service: Id, organisation: Id },
    required: ['deployment', 'service', 'organisation'],
    additionalProperties: false,
  },
  summary: 'Runs before the first phase; a throw refuses the deployment',
});

/** Anything of a deployment changed: status, phase, cause. */
export const DeploymentChanged = defineEvent({
  name: 'deployment.changed',
  summary:
    'Told at each step of a deployment. It failed: status failed. It serves: watching. It is live for good: live, after it was watched (30 s by default). The cause of a failure is in the deployment',
  payload: {
    type: 'object',
    properties: {
      deployment: Id,
      service: Id,
      environment: Id,
      project: Id,
      number: { type: 'integer' },
      status: { type: 'string', enum: statusNames },
      phase: nullable({ type: 'string', enum: phaseNames }),
    },
    required: ['deployment', 'service', 'environment', 'project', 'number', 'status', 'phase'],
    additionalProperties: false,
  },
  permission: 'deployment:read',
  topics: (p) => ['deployments', `deployment:${p.deployment}`, `service:${p.service}`, `project:${p.project}`],
});
