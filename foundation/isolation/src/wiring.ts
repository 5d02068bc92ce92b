import type { Principal, Socket } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { Acting } from './acting.ts';
import type { Peer } from '@containr/cell';
import type { Sources } from './sources.ts';

const mostInFlight = 500;

/** What the proxies of one child share: the way in, who acts, and what the child may pull. */
export interface Wiring {
  readonly plugin: string;
  readonly acting: Acting;
  readonly sources: Sources;
  readonly sockets: Map<number, Socket>;
  /** Answers of servers outside that are open, by their number among the sources. */
  readonly fetched: Set<number>;
  /** Runs a handler in the child. */
  invoke(ref: number, data: unknown, signal?: AbortSignal): Promise<unknown>;
  pull(stream: number, signal?: AbortSignal): Promise<unknown>;
  drop(stream: number): void;
  /** Runs `work` while a principal is in flight. */
  during<T>(principal: Principal, work: (request: number) => Promise<T>): Promise<T>;
}

/** Wires the proxies to a child. */
export function wire(plugin: string, peer: () => Peer, acting: Acting, sources: Sources): Wiring {
  return {
    plugin,
    acting,
    sources,
    sockets: new Map(),
    fetched: new Set(),
    async invoke(ref, data, signal) {
      if (peer().pending >= mostInFlight) throw tooMany(plugin, mostInFlight);
      return peer().call('invoke', { ref, data }, signal);
    },
    pull: (stream, signal) => peer().call('pull', { stream }, signal),
    drop: (stream) => peer().notify('drop', { stream }),
    async during(principal, work) {
      const request = acting.enter(principal);
      try {
        return await work(request);
      } finally {
        acting.leave(request);
      }
    },
  };
}

function tooMany(plugin: string, limit: number): ContainrError {
  return new ContainrError({
    code: 'PLUGIN_BUSY',
    status: 503,
    detail: `${plugin} answers ${limit} requests at once, which is as many as an isolated plugin may.`,
    hint: 'Try again in a moment.',
    retryAfterSeconds: 1,
  });
}
