import type { Duplex } from 'node:stream';
import { validate } from '@containr/sdk/validate';
import { parse } from 'secure-json-parse';
import type { Frame } from './frame.ts';
import { encodeFrame, frameKinds, FrameReader } from './frame.ts';
import { broken, busy, gone, leftError } from './peer-errors.ts';
import { fromWire, toWire, WireError } from './wire-error.ts';

/** One call that the other side made. */
export interface Incoming {
  readonly op: string;
  readonly data: unknown;
  readonly id: number;
  readonly signal: AbortSignal;
}

/** How one end of the channel behaves. */
export interface PeerOptions {
  readonly socket: Duplex;
  /** Answers a call; bytes go back as they are, everything else as JSON. */
  answer(call: Incoming): Promise<unknown>;
  /** Takes a message that wants no answer. */
  notified?(op: string, data: unknown): void;
  /** What the other side did against the rules; the message itself is dropped. */
  violated(what: string): void;
  /** The other side sends more than is taken of it, so it is read slowly. */
  throttled?(): void;
  /** The channel is gone. */
  closed(): void;
  /** Bounds for a side that does not trust the other. */
  readonly bounds?: PeerBounds;
}

/** What one side may make the other hold and do. */
export interface PeerBounds {
  /** Calls of the other side that are under way at once. */
  readonly callsAtOnce: number;
  /** Calls and notices a second that are taken, a tenth of it while it floods; more wait in the other side's own memory. */
  readonly perSecond: number;
  /** Longest time spent on messages in one turn of the event loop, in milliseconds. */
  readonly turnMs: number;
  /** Bytes that may wait to be read by the other side; at more it counts as gone. */
  readonly unreadBytes: number;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly forget: () => void;
}

const none = Buffer.alloc(0);
const mostLeft = 10_000;
/** How long a side that sends too much is not read, in milliseconds. */
const throttledMs = 20;
/** Who sends too much for this long, in milliseconds, floods: from then on only a share is taken, so that reading it costs others nothing. */
const floodMs = 1_000;
const floodShare = 0.1;
/** With this share of a second's messages to spare it floods no more. */
const caughtUpShare = 0.05;

/** One end of a channel between two processes: calls both ways, with cancelling, over frames on one stream. */
export class Peer {
  readonly #options: PeerOptions;
  readonly #reader = new FrameReader();
  readonly #waiting = new Map<number, Waiting>();
  /** Ids whose caller left before the answer; it may still come. */
  readonly #left = new Set<number>();
  readonly #answering = new Map<number, AbortController>();
  #lastId = 0;
  #closed = false;
  #scheduled = false;
  #allowance: number;
  #filledAt = performance.now();
  #overSince: number | null = null;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#allowance = options.bounds?.perSecond ?? Number.POSITIVE_INFINITY;
    const { socket } = options;
    socket.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk);
      this.#drain();
    });
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
    socket.on('end', () => this.close());
  }

  /** Calls of this side that have no answer yet. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** Asks the other side; rejects with its error, when the signal aborts, and when the channel is gone. */
  call(op: string, data: unknown, signal?: AbortSignal): Promise<unknown> {
    if (this.#closed) return Promise.reject(gone());
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#waiting.has(this.#lastId) || this.#left.has(this.#lastId));
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(id);
        this.#left.add(id);
        // Whoever never answers would have them pile up; an answer after that many is a breach.
        for (const oldest of this.#left) if (this.#left.size > mostLeft) this.#left.delete(oldest);
        this.#send(frameKinds.abort, id, none);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.set(id, { resolve, reject, forget: () => signal?.removeEventListener('abort', leave) });
      try {
        this.#send(frameKinds.call, id, json({ op, data }));
      } catch (error) {
        this.#settle(id)?.reject(error);
      }
    });
  }

  /** Tells the other side something that needs no answer. */
  notify(op: string, data: unknown): void {
    if (!this.#closed) this.#send(frameKinds.notify, 0, json({ op, data }));
  }

  /** Whether a call of the other side is still under way here. */
  answers(id: number): boolean {
    return this.#answering.has(id);
  }

  /** Ends the channel: what waits is refused, what is under way is aborted. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.socket.destroy();
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(gone());
    for (const controller of this.#answering.values()) controller.abort(gone());
    this.#answering.clear();
    this.#options.closed();
  }

  #send(kind: Parameters<typeof encodeFrame>[0], id: number, content: Uint8Array): void {
    const { socket, bounds } = this.#options;
    socket.write(encodeFrame(kind, id, content));
    if (bounds && socket.writableLength > bounds.unreadBytes) {
      this.#options.violated(`does not read its channel: ${socket.writableLength} bytes wait`);
      this.close();
    }
  }

  // Bounded work a turn: what is left stays in the stream, and so in the other side's memory.
  #drain(): void {
    if (this.#scheduled || this.#closed) return;
    const { bounds, socket } = this.#options;
    const began = performance.now();
    try {
      for (let frame = this.#reader.next(); frame; frame = this.#reader.next()) {
        this.#take(frame);
        if (this.#closed) return;
        if (!bounds) continue;
        const pause = this.#pauseMs(bounds, frame, began);
        if (pause === null) continue;
        this.#scheduled = true;
        socket.pause();
        const resume = (): void => {
          this.#scheduled = false;
          this.#drain();
          if (!this.#scheduled) socket.resume();
        };
        if (pause === 0) setImmediate(resume);
        else setTimeout(resume, pause);
        return;
      }
    } catch (error) {
      this.#options.violated(error instanceof Error ? error.message : String(error));
      this.close();
    }
  }

  /** How long to stop reading: `null` not at all, 0 until the next turn. */
  #pauseMs(bounds: PeerBounds, frame: Frame, began: number): number | null {
    if (frame.kind === frameKinds.call || frame.kind === frameKinds.notify) {
      const now = performance.now();
      const floods = this.#overSince !== null && now - this.#overSince > floodMs;
      const perSecond = floods ? bounds.perSecond * floodShare : bounds.perSecond;
      this.#allowance = Math.min(bounds.perSecond, this.#allowance + ((now - this.#filledAt) / 1000) * perSecond);
      this.#filledAt = now;
      this.#allowance -= 1;
      if (this.#allowance > bounds.perSecond * caughtUpShare) this.#overSince = null;
      if (this.#allowance < 0) {
        this.#overSince ??= now;
        this.#options.throttled?.();
        return throttledMs;
      }
    }
    return performance.now() - began > bounds.turnMs ? 0 : null;
  }

  #take(frame: Frame): void {
    const { kind, id, content } = frame;
    if (kind === frameKinds.call) return this.#answer(id, content);
    if (kind === frameKinds.abort) return this.#answering.get(id)?.abort(leftError());
    if (kind === frameKinds.notify) {
      const message = this.#message(content);
      if (message) this.#options.notified?.(message.op, message.data);
      return;
    }
    if (kind !== frameKinds.result && kind !== frameKinds.bytes && kind !== frameKinds.error) {
      return this.#options.violated(`sends a frame of the unknown kind ${kind}`);
    }
    if (this.#left.delete(id)) return;
    const waiting = this.#settle(id);
    if (!waiting) return this.#options.violated(`answers the call ${id}, which nobody made`);
    try {
      if (kind === frameKinds.bytes) waiting.resolve(Buffer.from(content));
      else if (kind === frameKinds.result) waiting.resolve(content.byteLength === 0 ? undefined : read(content));
      else waiting.reject(fromWire(validate<WireError>(WireError, read(content), 'The error of an isolated plugin')));
    } catch (error) {
      this.#options.violated(`answers with a message that is refused: ${error instanceof Error ? error.message : ''}`);
      waiting.reject(broken());
    }
  }

  #answer(id: number, content: Buffer): void {
    const message = this.#message(content);
    const { bounds } = this.#options;
    if (this.#answering.has(id)) return this.#options.violated(`uses the call id ${id} twice`);
    if (!message) return this.#send(frameKinds.error, id, json(toWire(broken())));
    if (bounds && this.#answering.size >= bounds.callsAtOnce) {
      return this.#send(frameKinds.error, id, json(toWire(busy(bounds.callsAtOnce))));
    }
    const controller = new AbortController();
    this.#answering.set(id, controller);
    const done = (kind: Parameters<typeof encodeFrame>[0], value: () => Uint8Array): void => {
      this.#answering.delete(id);
      if (this.#closed) return;
      try {
        this.#send(kind, id, value());
      } catch (error) {
        if (!this.#closed) this.#send(frameKinds.error, id, json(toWire(error)));
      }
    };
    void (async () => this.#options.answer({ ...message, id, signal: controller.signal }))().then(
      (value) =>
        value instanceof Uint8Array
          ? done(frameKinds.bytes, () => value)
          : done(frameKinds.result, () => (value === undefined ? none : json(value))),
      (error: unknown) => done(frameKinds.error, () => json(toWire(error))),
    );
  }

  #message(content: Buffer): { op: string; data: unknown } | null {
    try {
      const message: unknown = read(content);
      if (typeof message === 'object' && message !== null && 'op' in message && typeof message.op === 'string') {
        return { op: message.op, data: 'data' in message ? message.data : undefined };
      }
      this.#options.violated('sends a message without an operation');
    } catch (error) {
      this.#options.violated(`sends a message that is refused: ${error instanceof Error ? error.message : ''}`);
    }
    return null;
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.forget();
    return waiting;
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}

/** JSON from the other side; keys that reach prototypes are refused. */
function read(content: Buffer): unknown {
  return parse(content.toString('utf8'), null, { protoAction: 'error', constructorAction: 'error' });
}
