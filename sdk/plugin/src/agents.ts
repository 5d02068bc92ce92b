import type { NodePlacement } from './nodes.ts';
import type { Infer, JSONSchema } from './schema.ts';

/** A typed operation that an agent can perform. */
export interface Capability<I = unknown, O = unknown> {
  readonly type: 'capability';
  /** `noun.driver`, for example `build.docker`. */
  readonly name: string;
  readonly input: JSONSchema;
  readonly output: JSONSchema;
  /** Only types: what the schemas accept. */
  readonly accepts?: { input: I; output: O };
  /** Permission a principal needs to have it called for it. */
  readonly permission: string;
  /** Longest time one call or task may take. */
  readonly timeoutMs: number;
  readonly summary: string;
}

/** A fact that an agent reports; delivered when a handler of the control plane has taken it. */
export interface Report<P = unknown> {
  readonly type: 'report';
  /** `noun.past`. */
  readonly name: string;
  readonly payload: JSONSchema;
  /** Only a type: what the schema accepts. */
  readonly accepts?: P;
}

/** Defines a capability. */
export function defineCapability<const I extends JSONSchema, const O extends JSONSchema>(capability: {
  name: string;
  input: I;
  output: O;
  permission: string;
  timeoutMs: number;
  summary: string;
}): Capability<Infer<I>, Infer<O>> {
  return { type: 'capability', ...capability };
}

/** Defines a report. */
export function defineReport<const S extends JSONSchema>(report: { name: string; payload: S }): Report<Infer<S>> {
  return { type: 'report', ...report };
}

/** A machine with an agent, as the control plane knows it. */
export interface NodeInfo {
  readonly id: string;
  readonly name: string;
  /** `unknown` when it is not heard from: never taken for dead. */
  readonly state: 'reachable' | 'unknown';
  /** Whether replicas may come to it. */
  readonly placement: NodePlacement;
  /** Since when that is so; `null`: from the beginning. */
  readonly placementSince: Date | null;
  /** Names of capabilities that it advertises now. */
  readonly capabilities: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Address at which other nodes reach its replicas. */
  readonly address: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly lastSeenAt: Date | null;
}

/** How a task ended. `lost`: the agent restarted in the middle and can't say; start it again. */
export type TaskOutcome =
  | { readonly status: 'done'; readonly output: unknown }
  | { readonly status: 'failed'; readonly code: string; readonly detail: string; readonly hint: string | null }
  | { readonly status: 'cancelled' }
  | { readonly status: 'lost' };

/** One line that a task or a replica wrote. */
export interface OutputLine {
  /** Grows by one in its task; the same line sent again has the same number. */
  readonly seq: number;
  readonly at: string;
  readonly stream: 'stdout' | 'stderr' | 'system';
  readonly text: string;
}

/** The control plane's side of agents. */
export interface Agents {
  nodes(): Promise<readonly NodeInfo[]>;
  /** A short request; throws `NODE_UNREACHABLE` when the node's agent is not connected. */
  call<I, O>(
    node: string,
    capability: Capability<I, O>,
    input: I,
    options?: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<O>;
  /**
   * Starts long work that outlives connections. Idempotent by `task`: a task that runs or ended is left alone.
   * Its end arrives at {@link Agents.onTaskEnd}, again after a restart, until the handler returns.
   */
  startTask<I, O>(node: string, capability: Capability<I, O>, task: string, input: I): Promise<void>;
  /** `unknown`: this node never heard of it. */
  taskStatus(node: string, task: string): Promise<'running' | 'ended' | 'unknown'>;
  /** Ends a task; its outcome is `cancelled`. No-op when it is not running. */
  cancelTask(node: string, task: string): Promise<void>;
  onTaskEnd<I, O>(
    capability: Capability<I, O>,
    handler: (end: { node: string; task: string; outcome: TaskOutcome }) => Promise<void>,
  ): void;
  onTaskOutput<I, O>(
    capability: Capability<I, O>,
    handler: (output: { node: string; task: string; lines: readonly OutputLine[] }) => Promise<void>,
  ): void;
  onReport<P>(report: Report<P>, handler: (payload: P, from: { node: string }) => Promise<void>): void;
  /** An agent connected (again): the moment to compare desired with actual. */
  onConnect(handler: (node: NodeInfo) => Promise<void>): void;
}
