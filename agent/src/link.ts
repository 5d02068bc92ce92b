import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import type { Wire, WireMethod } from '@containr/sdk/wire';
import { closeCodes, openWire } from '@containr/sdk/wire';
import { WebSocket } from 'ws';

/** What a link does on its way up. */
export interface LinkHooks {
  /** Called for each new connection before it listens. */
  answer(wire: Wire): void;
  /** The control plane does not know this node (any more). */
  unknown(): Promise<void>;
}

const firstWaitMs = 200;
const longestWaitMs = 10_000;
const deliverMs = 60_000;
const maxMessageBytes = 16 * 1024 * 1024;

/** The connection to the control plane, opened again and again until it is stopped. */
export class Link {
  readonly #url: string;
  readonly #log: Logger;
  readonly #hooks: LinkHooks;
  readonly #stop = new AbortController();
  #wire: Wire | undefined;
  #readyWire: Wire | undefined;
  #ready = Promise.withResolvers<Wire>();
  #bearer = Promise.withResolvers<string>();
  #running: Promise<void> = Promise.resolve();
  /** Grows with each connection that became ready. */
  generation = 0;

  constructor(control: string, log: Logger, hooks: LinkHooks) {
    this.#url = `${control.replace(/^http/, 'ws')}/api/v1/agents/connect`;
    this.#log = log;
    this.#hooks = hooks;
  }

  /** The present connection when reports are welcome on it. */
  get current(): Wire | null {
    return this.#readyWire?.open === true ? this.#readyWire : null;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wire?.close();
    await this.#running;
  }

  /** Takes the bearer for HTTP of this connection. */
  setBearer(bearer: string): void {
    this.#bearer.resolve(bearer);
    this.#bearer = Promise.withResolvers();
    this.#bearer.resolve(bearer);
  }

  /** The bearer of the present connection; waits for one. */
  bearer(signal: AbortSignal): Promise<string> {
    return orAborted(this.#bearer.promise, signal);
  }

  /** The control plane takes reports from now on. */
  setReady(wire: Wire): void {
    if (wire !== this.#wire || this.#readyWire === wire) return;
    this.#readyWire = wire;
    this.generation += 1;
    this.#ready.resolve(wire);
  }

  /** The present connection, ready; waits for one. */
  ready(signal: AbortSignal): Promise<Wire> {
    return orAborted(this.#ready.promise, signal);
  }

  /**
   * Has the control plane take something, however long that takes: over reconnects, and again when it is refused for now.
   * `final` says which refusals are for good; those are thrown.
   */
  async deliver<P>(
    method: WireMethod<P>,
    params: P,
    signal: AbortSignal,
    final: (error: unknown) => boolean,
  ): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const wire = await this.ready(signal);
      try {
        await wire.request(method, params, { timeoutMs: deliverMs, signal });
        return;
      } catch (error) {
        if (signal.aborted || final(error)) throw error;
        if (isContainrError(error) && error.code !== 'WIRE_CLOSED')
          this.#log.debug({ err: error, method: method.name, attempt }, 'Refused for now; sent again later');
      }
      await delay(backOff(attempt, 250, 5000), undefined, { signal });
    }
  }

  async #run(): Promise<void> {
    for (let attempt = 0; !this.#stop.signal.aborted; attempt += 1) {
      const before = this.generation;
      const code = await this.#once();
      if (this.#stop.signal.aborted) return;
      if (this.generation > before) attempt = 0;
      if (code === closeCodes.unknownNode) await this.#hooks.unknown();
      if (code === closeCodes.replaced)
        this.#log.warn({}, 'Another agent connected as this node; its credential may have been copied');
      const wait = backOff(code === closeCodes.replaced ? 20 : attempt, firstWaitMs, longestWaitMs);
      await delay(wait, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #once(): Promise<number> {
    const socket = new WebSocket(this.#url, {
      handshakeTimeout: 10_000,
      perMessageDeflate: false,
      maxPayload: maxMessageBytes,
    });
    // Listens before it is open: the first message may come in the same packet as the answer to the upgrade.
    const wire = openWire(socket, this.#log);
    this.#wire = wire;
    this.#ready = renew(this.#ready);
    this.#bearer = renew(this.#bearer);
    this.#hooks.answer(wire);
    wire.listen();
    if (this.#stop.signal.aborted) wire.close();
    const code = await wire.closed;
    this.#ready = renew(this.#ready);
    this.#bearer = renew(this.#bearer);
    this.#log.debug({ code }, 'The connection to the control plane closed');
    return code;
  }
}

/** A promise that waits for the next value; who waits on the unresolved one before goes on waiting for it. */
function renew<T>(old: PromiseWithResolvers<T>): PromiseWithResolvers<T> {
  const next = Promise.withResolvers<T>();
  // Nothing happens when the old one was resolved already.
  old.resolve(next.promise);
  return next;
}

function backOff(attempt: number, first: number, longest: number): number {
  return Math.min(longest, first * 2 ** Math.min(attempt, 20)) * (0.5 + Math.random() / 2);
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
