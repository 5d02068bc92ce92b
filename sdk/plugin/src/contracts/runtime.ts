import { defineCapability, defineReport } from '../agents.ts';
import type { Infer } from '../schema.ts';
import { defineSchema, Empty, Id, OptionalTimestamp, Timestamp } from '../schema.ts';
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
    /** Port the software should listen on inside; a runtime without network namespaces chooses another and says so in PORT. */
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    resources: {
      type: 'object',
      properties: { cpu: { type: 'number' }, memoryBytes: { type: 'integer' } },
      required: ['cpu', 'memoryBytes'],
      additionalProperties: false,
    },
    restart: { type: 'string', enum: ['always', 'on-failure', 'never'] },
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

const ReplicaRef = defineSchema({
  type: 'object',
  properties: { replica: Id },
  required: ['replica'],
  additionalProperties: false,
});
const StopRequest = defineSchema({
  type: 'object',
  properties: { replica: Id, signal: { type: 'string' }, graceMs: { type: 'integer', minimum: 0 } },
  required: ['replica', 'signal', 'graceMs'],
  additionalProperties: false,
});
const ReplicaList = defineSchema({
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
    command: Command,
    variables: { type: 'object', additionalProperties: { type: 'string' } },
    resources: ReplicaSpec.properties.resources,
  },
  required: ['run', 'service', 'deployment', 'artifact', 'command', 'variables', 'resources'],
  additionalProperties: false,
});
export type RunRequest = Infer<typeof RunRequest>;
const RunResult = defineSchema({
  type: 'object',
  properties: { exitCode: { type: 'integer' } },
  required: ['exitCode'],
  additionalProperties: false,
});
const ArtifactRef = defineSchema({
  type: 'object',
  properties: { artifact: Artifact },
  required: ['artifact'],
  additionalProperties: false,
});
const Listeners = defineSchema({
  type: 'object',
  properties: { listeners: { type: 'array', items: Listener } },
  required: ['listeners'],
  additionalProperties: false,
});
const Exists = defineSchema({
  type: 'object',
  properties: { exists: { type: 'boolean' } },
  required: ['exists'],
  additionalProperties: false,
});

/**
 * The capabilities that a runtime's agent half serves, by driver name (`docker`, `process`). A node that advertises
 * `replica-start.docker` runs replicas on docker. Build and run are tasks; the rest are short calls, idempotent by id.
 */
export function runtimeCapabilities<const D extends string>(driver: D) {
  const permission = 'deployment:create';
  const short = { permission, timeoutMs: 60_000 };
  return {
    build: defineCapability({
      name: `build.${driver}`,
      input: BuildRequest,
      output: Artifact,
      permission,
      timeoutMs: 1_800_000,
      summary: 'Builds an artifact from a plan',
    }),
    run: defineCapability({
      name: `run.${driver}`,
      input: RunRequest,
      output: RunResult,
      permission,
      timeoutMs: 900_000,
      summary: 'Runs one command in an artifact',
    }),
    start: defineCapability({
      name: `replica-start.${driver}`,
      input: ReplicaSpec,
      output: ReplicaState,
      ...short,
      summary: 'Starts a replica; one that exists is returned as it is',
    }),
    stop: defineCapability({
      name: `replica-stop.${driver}`,
      input: StopRequest,
      output: Empty,
      ...short,
      timeoutMs: 120_000,
      summary: 'Stops and removes a replica',
    }),
    list: defineCapability({
      name: `replica-list.${driver}`,
      input: Empty,
      output: ReplicaList,
      ...short,
      summary: 'All replicas of this install on the node',
    }),
    listeners: defineCapability({
      name: `replica-listeners.${driver}`,
      input: ReplicaRef,
      output: Listeners,
      ...short,
      summary: 'What a replica listens on, for diagnosis',
    }),
    exists: defineCapability({
      name: `artifact-exists.${driver}`,
      input: ArtifactRef,
      output: Exists,
      ...short,
      summary: 'Whether the node still has an artifact',
    }),
    remove: defineCapability({
      name: `artifact-remove.${driver}`,
      input: ArtifactRef,
      output: Empty,
      ...short,
      summary: 'Removes an artifact',
    }),
  };
}

/** A replica changed (started, exited, restarted); also sent for all replicas at each connection. */
export const ReplicaChanged = defineReport({ name: 'replica.changed', payload: ReplicaState });

/** All replicas of one runtime on the node: the truth that reconciling starts from. */
export const ReplicaInventory = defineReport({
  name: 'replica.inventory',
  payload: {
    type: 'object',
    properties: { runtime: { type: 'string' }, replicas: { type: 'array', items: ReplicaState } },
    required: ['runtime', 'replicas'],
    additionalProperties: false,
  },
});

/** Lines that a replica wrote. `seq` grows by one in the replica's life; a line sent again has the same number. */
export const ReplicaOutput = defineReport({
  name: 'replica.wrote',
  payload: {
    type: 'object',
    properties: {
      replica: Id,
      deployment: Id,
      service: Id,
      organisation: Id,
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
    required: ['replica', 'deployment', 'service', 'organisation', 'lines'],
    additionalProperties: false,
  },
});

/** One entry of a replica's log with the runtime's own place in it. */
export interface RuntimeLogEntry {
  readonly at: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Give it to `logs` to go on right after this entry. */
  readonly cursor: string;
}

/** What a runtime implements on its node; `serveRuntime` turns it into capabilities, reports and shipped logs. */
export interface Runtime {
  /** Driver name, for example `docker`. */
  readonly driver: string;
  /** Builds; throws a `ContainrError` whose code is a cause code (`BUILD_FAILED`, `BASE_IMAGE_UNAVAILABLE` …). */
  build(
    request: BuildRequest,
    io: { signal: AbortSignal; output(text: string, stream?: 'stdout' | 'stderr' | 'system'): void },
  ): Promise<Artifact>;
  run(
    request: RunRequest,
    io: { signal: AbortSignal; output(text: string, stream?: 'stdout' | 'stderr' | 'system'): void },
  ): Promise<{ exitCode: number }>;
  start(spec: ReplicaSpec): Promise<ReplicaState>;
  stop(request: Infer<typeof StopRequest>): Promise<void>;
  /** Throws when the engine does not answer: unknown is not empty. */
  list(): Promise<readonly ReplicaState[]>;
  listeners(replica: string): Promise<readonly Infer<typeof Listener>[]>;
  exists(artifact: Artifact): Promise<boolean>;
  removeArtifact(artifact: Artifact): Promise<void>;
  /** Calls back when a replica may have changed; until the signal. */
  watch(changed: (replica: string) => void, signal: AbortSignal): Promise<void>;
  /** Follows what a replica writes, from a cursor, until the replica is gone or the signal. */
  logs(replica: string, cursor: string | null, signal: AbortSignal): AsyncIterable<RuntimeLogEntry>;
}
