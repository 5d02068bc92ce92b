import type { Readable } from 'node:stream';
import type { Capability, Report } from '../agents.ts';
import type { Exec } from '../exec.ts';
import type { Logger } from '../log.ts';
import type { Disposer, Owned } from '../scope.ts';

/** What a capability's handler is given beside its input. */
export interface TaskIo {
  /** Aborted on cancel, deadline, or when the plugin leaves. */
  readonly signal: AbortSignal;
  /** The task's id, or `null` for a short call. */
  readonly task: string | null;
  /** Writes a line of output; kept on disk and shipped in order. */
  output(text: string, stream?: 'stdout' | 'stderr' | 'system'): void;
}

/** What a plugin's agent half may use. Everything registered is undone with it. */
export interface AgentContext {
  readonly plugin: string;
  readonly node: { readonly id: string; readonly name: string; readonly address: string };
  readonly install: string;
  readonly log: Logger;
  readonly exec: Exec;
  /** A folder of this plugin on this node, absolute; it survives restarts. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Absolute path of one of the manifest's `programs` on this node, to start with `process.execPath`. */
  program(name: string): string;
  /** Registers a capability; the name is advertised to the control plane. */
  capability<I, O>(capability: Capability<I, O>, handler: (input: I, io: TaskIo) => Promise<O>): Owned;
  /**
   * Resolves when the control plane has taken it; waits for a connection. Rejects when the plugin leaves, `signal` is aborted
   * (what it tells is out of date), or the control plane says that the payload is wrong. Not to be awaited in `setup`.
   */
  report<P>(report: Report<P>, payload: P, options?: { signal?: AbortSignal }): Promise<void>;
  /** Runs as soon as connected, and at each new connection: send the full state. */
  onConnect(handler: () => Promise<void>): Owned;
  /** GET of an API path (`/api/v1/…`) as this agent. Rejects with a `ContainrError` on a non-2xx answer. */
  fetch(path: string, signal: AbortSignal): Promise<Readable>;
  /**
   * Sends a file to an API path that takes files piece by piece (`GET …/received`, `PUT …?offset=&size=`); what has arrived is not
   * sent again, whatever breaks in between.
   */
  sendFile(path: string, file: string, signal: AbortSignal): Promise<void>;
  /** Fetches an API path that answers ranges into a file, and goes on behind what the file has already. */
  fetchFile(path: string, file: string, signal: AbortSignal): Promise<void>;
  own(label: string, undo: Disposer): Owned;
}

/** The agent half of a plugin. */
export interface AgentPlugin {
  setup(agent: AgentContext): Promise<void> | void;
}

/** Defines the agent half: the default export of `src/agent.ts`. */
export function defineAgentPlugin(plugin: AgentPlugin): AgentPlugin {
  return plugin;
}

export { keepAsking } from './keep-asking.ts';
export type { CheckAnswer } from './keep-asking.ts';
export { serveRuntime } from './serve-runtime.ts';
export type { Exec, ExecOptions, ExecResult } from '../exec.ts';
export type { Logger } from '../log.ts';
