import type { Owned } from '@containr/sdk';
import type { Incoming, Peer } from '@containr/cell/channel';
import type { RegistrationKind } from '../protocol.ts';

/** Runs one registered handler. */
export type Handler = (data: never, call: Incoming) => unknown;

/** What this plugin registered, by the number under which the host calls it, and the streams that the host pulls. */
export class Registry {
  readonly #peer: () => Peer;
  readonly #handlers = new Map<number, Handler>();
  readonly #streams = new Map<number, AsyncIterator<unknown>>();
  #asked: Promise<unknown>[] = [];
  #last = 0;

  constructor(peer: () => Peer) {
    this.#peer = peer;
  }

  /** Registers with the host; what it refuses fails the set-up. */
  add(kind: RegistrationKind, label: string, spec: Record<string, unknown>, handler: Handler): Owned {
    const ref = (this.#last += 1);
    this.#handlers.set(ref, handler);
    const asked = this.#peer().call('register', { kind, spec: { ref, ...spec } });
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

  /** Resolves when the host has taken everything registered so far. */
  async settled(): Promise<void> {
    for (const asked of this.#asked.splice(0)) await asked;
  }

  /** Runs a handler for the host. */
  async invoke(ref: number, data: unknown, call: Incoming): Promise<unknown> {
    return this.#handlers.get(ref)?.(data as never, call);
  }

  /** Lets the host pull from an iterable. */
  stream(source: AsyncIterator<unknown>): number {
    const stream = (this.#last += 1);
    this.#streams.set(stream, source);
    return stream;
  }

  /** The next piece of a stream; `null` at its end. */
  async pull(stream: number): Promise<unknown> {
    const step = await this.#streams.get(stream)?.next();
    if (step && !step.done) return step.value;
    this.#streams.delete(stream);
    return null;
  }

  /** The host wants no more of a stream. */
  drop(stream: number): void {
    const source = this.#streams.get(stream);
    this.#streams.delete(stream);
    void Promise.resolve(source?.return?.()).catch(() => undefined);
  }
}
