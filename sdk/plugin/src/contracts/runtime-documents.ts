import type { Infer } from '../schema.ts';
import { defineSchema, Id, OptionalTimestamp } from '../schema.ts';
import { BuildPlan } from './builder.ts';

/** What a build leaves behind. `image`: an id in the node's engine. `directory`: a folder on the node. */
export const Artifact = defineSchema({
  type: 'object',
  properties: {
    kind: { type: 'string', enum: ['image', 'directory'] },
    /** Image id (`sha256:…`) or the directory's content id. */
    id: { type: 'string' },
    /** Name to start it by: image reference or absolute path. */
    reference: { type: 'string' },
    runtime: { type: 'string' },
    /** Node that holds it. */
    node: { type: 'string' },
    sizeBytes: { type: 'integer', minimum: 0 },
    /** Start command of the artifact itself; `null` when it has none. */
    command: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }, { type: 'null' }] },
    /** Port that the artifact names (`EXPOSE`), if any. */
    port: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
  },
  required: ['kind', 'id', 'reference', 'runtime', 'node', 'sizeBytes', 'command', 'port'],
  additionalProperties: false,
});
export type Artifact = Infer<typeof Artifact>;

/** What a build needs. Build-time variables reach the build and nothing else. */
export const BuildRequest = defineSchema({
  type: 'object',
  properties: {
    /** API path of the source snapshot, a tar.gz. */
    snapshot: { type: 'string', pattern: '^/api/v1/' },
    treeHash: { type: 'string', pattern: '^[0-9a-f]{40,64}$' },
    rootDirectory: { type: 'string' },
    plan: BuildPlan,
    /** Names the result, `[a-z0-9-]`. */
    name: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]*$', maxLength: 63 },
    /** Shared by builds of one service. */
    cacheKey: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]*$' },
    variables: { type: 'object', additionalProperties: { type: 'string' } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['snapshot', 'treeHash', 'rootDirectory', 'plan', 'name', 'cacheKey', 'variables', 'labels'],
  additionalProperties: false,
});
export type BuildRequest = Infer<typeof BuildRequest>;

export const Command = defineSchema({
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', items: { type: 'string' }, minItems: 1 },
  ],
});

/** One replica, fully decided. Ids of what it belongs to become the labels `containr.install`, `containr.service`, `containr.deployment`, `containr.replica`. */
export const ReplicaSpec = defineSchema({
  type: 'object',
  properties: {
    replica: Id,
    deployment: Id,
    service: Id,
    organisation: Id,
    /** Fencing: an agent refuses work with an epoch below the highest it has seen for the service. */
    epoch: { type: 'integer', minimum: 0 },
    artifact: Artifact,
    /** `null`: what the artifact says. A text runs as `['/bin/sh', '-c', text]` inside the replica. */
    command: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }, { type: 'null' }] },
    /** All variables, secrets opened; PORT is set by the runtime. */
    variables: { type: 'object', additionalProperties: { type: 'string' } },
    /** Left out: none of its own. A runtime that can keeps environments apart, and lets those of one find each other by names. */
    network: {
      type: 'object',
      properties: { environment: Id, names: { type: 'array', items: { type: 'string', maxLength: 200 }, maxItems: 8 } },
      required: ['environment', 'names'],
      additionalProperties: false,
    },
    /** Port the software should listen on inside; a runtime without network namespaces chooses another and says so in PORT. */
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    resources: {
      type: 'object',
      properties: { cpu: { type: 'number' }, memoryBytes: { type: 'integer' } },
      required: ['cpu', 'memoryBytes'],
      additionalProperties: false,
    },
    restart: { type: 'string', enum: ['always', 'on-failure', 'never'] },
    /** With `on-failure`: how often it is started again before it stays ended; left out or `null`: without end. */
    restartTries: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] },
    stop: {
      type: 'object',
      properties: { signal: { type: 'string' }, graceMs: { type: 'integer' } },
      required: ['signal', 'graceMs'],
      additionalProperties: false,
    },
  },
  required: [
    'replica',
    'deployment',
    'service',
    'organisation',
    'epoch',
    'artifact',
    'command',
    'variables',
    'port',
    'resources',
    'restart',
    'stop',
  ],
  additionalProperties: false,
});
export type ReplicaSpec = Infer<typeof ReplicaSpec>;

/** A replica as its runtime sees it now. */
export const ReplicaState = defineSchema({
  type: 'object',
  properties: {
    replica: Id,
    deployment: Id,
    service: Id,
    organisation: Id,
    runtime: { type: 'string' },
    state: { type: 'string', enum: ['starting', 'running', 'exited'] },
    exitCode: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    outOfMemory: { type: 'boolean' },
    restarts: { type: 'integer', minimum: 0 },
    startedAt: OptionalTimestamp,
    endedAt: OptionalTimestamp,
    /** Where the node (and the ingress) reaches it. */
    address: { type: 'string' },
    port: { type: 'integer' },
    /** The isolation that really holds, for people: `container`, `uid, pid namespace, memory limit`, `none`. */
    isolation: { type: 'string' },
  },
  required: [
    'replica',
    'deployment',
    'service',
    'organisation',
    'runtime',
    'state',
    'exitCode',
    'outOfMemory',
    'restarts',
    'startedAt',
    'endedAt',
    'address',
    'port',
    'isolation',
  ],
  additionalProperties: false,
});
export type ReplicaState = Infer<typeof ReplicaState>;

/** One listening socket inside a replica, for diagnosis. */
export const Listener = defineSchema({
  type: 'object',
  properties: { address: { type: 'string' }, port: { type: 'integer' } },
  required: ['address', 'port'],
  additionalProperties: false,
});

export const ReplicaRef = defineSchema({
  type: 'object',
  properties: { replica: Id },
  required: ['replica'],
  additionalProperties: false,
});
export const StopRequest = defineSchema({
  type: 'object',
  properties: { replica: Id, signal: { type: 'string' }, graceMs: { type: 'integer', minimum: 0 } },
  required: ['replica', 'signal', 'graceMs'],
  additionalProperties: false,
});
export const ReplicaList = defineSchema({
  type: 'object',
  properties: { replicas: { type: 'array', items: ReplicaState } },
  required: ['replicas'],
  additionalProperties: false,
});
/** A one-off command in an artifact (release command). */
export const RunRequest = defineSchema({
  type: 'object',
  properties: {
    run: Id,
    service: Id,
    deployment: Id,
    artifact: Artifact,
    /** `null`: what the artifact starts with. */
    command: { anyOf: [...Command.anyOf, { type: 'null' }] },
    variables: { type: 'object', additionalProperties: { type: 'string' } },
    resources: ReplicaSpec.properties.resources,
    /** Environment in whose network it runs; left out: in none of its own. */
    environment: Id,
    /** Longest time, then it is ended; 15 minutes when left out. */
    timeoutMs: { type: 'integer', minimum: 1000, maximum: 86_400_000 },
  },
  required: ['run', 'service', 'deployment', 'artifact', 'command', 'variables', 'resources'],
  additionalProperties: false,
});
export type RunRequest = Infer<typeof RunRequest>;
export const RunResult = defineSchema({
  type: 'object',
  properties: { exitCode: { type: 'integer' } },
  required: ['exitCode'],
  additionalProperties: false,
});
export const ArtifactRef = defineSchema({
  type: 'object',
  properties: { artifact: Artifact },
  required: ['artifact'],
  additionalProperties: false,
});
/** An artifact to remove. It is refused while a replica of one of the deployments that use it is on the node. */
export const ArtifactRemoval = defineSchema({
  type: 'object',
  properties: { artifact: Artifact, deployments: { type: 'array', items: Id } },
  required: ['artifact', 'deployments'],
  additionalProperties: false,
});
export const Listeners = defineSchema({
  type: 'object',
  properties: { listeners: { type: 'array', items: Listener } },
  required: ['listeners'],
  additionalProperties: false,
});
export const Exists = defineSchema({
  type: 'object',
  properties: { exists: { type: 'boolean' } },
  required: ['exists'],
  additionalProperties: false,
});
