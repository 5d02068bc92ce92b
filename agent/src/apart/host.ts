import type { Readable } from 'node:stream';
import type { Logger, Scope } from '@containr/sdk';
import type { AgentContext, TaskIo } from '@containr/sdk/agent';

/** What halves that run apart need of the agent; `scope` owns what one of their processes registers. */
export interface ApartHost {
  /** Folder of the agent. */
  readonly data: string;
  readonly install: string;
  readonly node: AgentContext['node'];
  logFor(plugin: string): Logger;
  /** Path of the half's bundle on this node; fetched when it is not there. */
  bundle(sha256: string, signal: AbortSignal): Promise<string>;
  /** Serves a capability; throws `CAPABILITY_TAKEN`. */
  serve(
    scope: Scope,
    capability: { readonly name: string; readonly timeoutMs: number },
    handler: (input: unknown, io: TaskIo) => Promise<unknown>,
  ): () => void;
  /** Runs at each connection; gives how to take it out. */
  onConnect(scope: Scope, handler: () => Promise<void>): () => void;
  /** Resolves when the control plane took it. */
  report(name: string, payload: unknown, signal: AbortSignal): Promise<void>;
  /** GET of an API path as this agent. */
  fetch(path: string, signal: AbortSignal): Promise<Readable>;
  /** What a half is doing changed. */
  changed(): void;
}
