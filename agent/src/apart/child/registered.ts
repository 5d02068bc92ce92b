import type { Owned } from '@containr/sdk';
import { ContainrError, Scope } from '@containr/sdk';
import type { Incoming, Peer } from '@containr/cell/channel';

type Handler = (data: unknown, call: Incoming) => unknown;

/** What a half registered with the agent, by the number under which it is called, and what it undoes itself when it leaves. */
export class Registered {
  readonly #peer: () => Peer;
  readonly #handlers = new Map<number, Handler>();
  readonly #scope: Scope;
  readonly #runs = new Map<number, AbortController>();
  #asked: Promise<unknown>[] = [];
  #last = 0;

  constructor(peer: () => Peer, plugin: string) {
    this.#peer = peer;
    this.#scope = new Scope(plugin, { deadlineMs: 1000 });
  }

  /** Registers with the agent; what it refuses fails the set-up. */
  add(op: string, label: string, spec: Record<string, unknown>, handler: Handler): Owned {
    const ref = (this.#last += 1);
    this.#handlers.set(ref, handler);
    const asked = this.#peer().call(op, { ref, ...spec });
    asked.catch(() => undefined);
    this.#asked.push(asked);
    return {
      label,
      dispose: async () => {
        await this.#peer().call('unregister', { ref });
        this.#handlers.delete(ref);
      },
    };
  }

  /** Owns what only this process knows of. */
  own(label: string, undo: () => void | Promise<void>): Owned {
    return this.#scope.own(label, undo);
  }

  /** Resolves when the agent has taken everything registered so far. */
  async settled(): Promise<void> {
    for (const asked of this.#asked.splice(0)) await asked;
  }

  /** Runs a handler for the agent. */
  async invoke(ref: number, data: unknown, call: Incoming): Promise<unknown> {
    return this.#handlers.get(ref)?.(data, call);
  }

  /** Gives a run a signal that {@link cancel} aborts, until `work` is done. */
  async during<T>(run: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#runs.set(run, controller);
    try {
      return await work(controller.signal);
    } finally {
      this.#runs.delete(run);
    }
  }

  /** Whoever wanted a run wants it no more. */
  cancel(run: number): void {
    const detail = 'It was cancelled, or took too long.';
    this.#runs.get(run)?.abort(new ContainrError({ code: 'CANCELLED', status: 499, detail }));
  }

  /** Undoes what this process owns. */
  async leave(): Promise<void> {
    await this.#scope.dispose();
  }
}
