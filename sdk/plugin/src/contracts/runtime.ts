import { defineCapability, defineReport } from '../agents.ts';
import type { Infer } from '../schema.ts';
import { Empty, Id, Timestamp } from '../schema.ts';
import { ArtifactOrder, ImportOrder, PackedArtifact } from './artifact-documents.ts';
import type { ExecRequest } from './check-documents.ts';
import { CheckRequest, CheckResult } from './check-documents.ts';
import {
  Artifact,
  ArtifactRef,
  ArtifactRemoval,
  BuildRequest,
  Exists,
  Listener,
  Listeners,
  ReplicaList,
  ReplicaRef,
  ReplicaSpec,
  ReplicaState,
  RunRequest,
  RunResult,
  StopRequest,
} from './runtime-documents.ts';

/**
 * The capabilities that a runtime's agent half serves, by driver name (`docker`, `process`). A node that advertises
 * `replica-start.docker` runs replicas on docker. Build, run, check, pack and unpack are tasks; the rest are short calls, idempotent by id.
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
      // The request says how long its own command may take.
      timeoutMs: 86_460_000,
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
    check: defineCapability({
      name: `replica-check.${driver}`,
      input: CheckRequest,
      output: CheckResult,
      permission,
      timeoutMs: 3_660_000,
      summary: 'Asks a replica how it is by a command inside it',
    }),
    exists: defineCapability({
      name: `artifact-exists.${driver}`,
      input: ArtifactRef,
      output: Exists,
      ...short,
      summary: 'Whether the node still has an artifact',
    }),
    pack: defineCapability({
      name: `artifact-pack.${driver}`,
      input: ArtifactOrder,
      output: PackedArtifact,
      permission,
      timeoutMs: 3_600_000,
      summary: 'Packs an artifact and sends it to the control plane, for another node',
    }),
    unpack: defineCapability({
      name: `artifact-unpack.${driver}`,
      input: ImportOrder,
      output: Empty,
      permission,
      timeoutMs: 3_600_000,
      summary: 'Fetches an artifact of another node and unpacks it',
    }),
    remove: defineCapability({
      name: `artifact-remove.${driver}`,
      input: ArtifactRemoval,
      output: Empty,
      ...short,
      timeoutMs: 120_000,
      summary: 'Removes an artifact that no replica uses',
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
  /**
   * Runs a command inside a replica that runs, beside what runs there, within its limits. An abort ends the command. Throws
   * `CONFLICT_NOT_RUNNING` when there is nothing to run it in.
   */
  exec(
    request: ExecRequest,
    io: { signal: AbortSignal; output(text: string, stream?: 'stdout' | 'stderr' | 'system'): void },
  ): Promise<{ exitCode: number }>;
  start(spec: ReplicaSpec): Promise<ReplicaState>;
  stop(request: Infer<typeof StopRequest>): Promise<void>;
  /** Throws when the engine does not answer: unknown is not empty. */
  list(): Promise<readonly ReplicaState[]>;
  listeners(replica: string): Promise<readonly Infer<typeof Listener>[]>;
  exists(artifact: Artifact): Promise<boolean>;
  /** Removes what this install built; what is gone is no failure. Throws `CONFLICT_IN_USE` while something runs it. */
  removeArtifact(artifact: Artifact): Promise<void>;
  /** Writes an artifact of this node into one file; its format is the runtime's own. */
  pack(artifact: Artifact, file: string, signal: AbortSignal): Promise<void>;
  /** Makes the artifact of such a file, whole or not at all; one that is here is left alone. Throws `ARTIFACT_CORRUPT`. */
  unpack(artifact: Artifact, file: string, signal: AbortSignal): Promise<void>;
  /** Calls back when a replica may have changed; until the signal. */
  watch(changed: (replica: string) => void, signal: AbortSignal): Promise<void>;
  /** Follows what a replica writes, from a cursor, until the replica is gone or the signal. */
  logs(replica: string, cursor: string | null, signal: AbortSignal): AsyncIterable<RuntimeLogEntry>;
}
