import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputLine } from '../agents.ts';
import type { ReplicaState } from '../contracts/runtime-documents.ts';
import type { Runtime } from '../contracts/runtime.ts';
import { ReplicaOutput } from '../contracts/runtime.ts';
import type { AgentContext } from './index.ts';
import { pause } from './pause.ts';
import { readState, writeState } from './state-file.ts';

const batchMs = 100;
const batchLines = 500;
const mostWaiting = 2000;
const linesPerSecond = 500;
const longestLine = 16 * 1024;
const quietMs = 2000;
const farewellMs = 5000;

/** Where shipping goes on after a restart; with the rate's window, so that the same entries get the same numbers again. */
interface Place {
  cursor: string | null;
  seq: number;
  second: string;
  inSecond: number;
  dropped: number;
}

/** Ships what one replica writes: in order, numbered, over restarts and disconnections, until the replica is gone. */
export class ReplicaLog {
  readonly #agent: AgentContext;
  readonly #runtime: Runtime;
  readonly #of: ReplicaState;
  readonly #file: string;
  readonly #reading = new AbortController();
  readonly #place: Place;
  #waiting: { readonly line: OutputLine; readonly after: Place }[] = [];
  #taken = Promise.withResolvers<void>();
  #filled = Promise.withResolvers<void>();
  #ended = false;
  #gone = false;
  #again = Promise.withResolvers<void>();
  readonly done: Promise<void>;

  constructor(agent: AgentContext, runtime: Runtime, of: ReplicaState) {
    this.#agent = agent;
    this.#runtime = runtime;
    this.#of = of;
    this.#file = placeFile(agent.directory, of.replica);
    this.#place = readPlace(this.#file);
    // One listener wakes whatever waits: racing against a long-lived promise would pile up.
    agent.signal.addEventListener('abort', this.#wakeAll, { once: true });
    this.done = this.#run().finally(() => agent.signal.removeEventListener('abort', this.#wakeAll));
  }

  readonly #wakeAll = (): void => {
    for (const waiter of [this.#taken, this.#filled, this.#again]) waiter.resolve();
  };

  /** The replica started again: what it writes is followed from where it was. */
  follow(): void {
    this.#again.resolve();
  }

  /** The replica is not there any more: what it wrote is shipped, then its place is forgotten. */
  leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#again.resolve();
    setTimeout(() => {
      this.#reading.abort();
      this.#wakeAll();
    }, farewellMs).unref();
  }

  async #run(): Promise<void> {
    const sending = this.#sendAll();
    await this.#readAll();
    this.#ended = true;
    this.#filled.resolve();
    await sending;
    if (this.#gone) rmSync(this.#file, { force: true });
  }

  async #readAll(): Promise<void> {
    const signal = AbortSignal.any([this.#reading.signal, this.#agent.signal]);
    for (let waitMs = 1000; !signal.aborted;) {
      this.#again = Promise.withResolvers();
      const last = this.#gone;
      try {
        for await (const entry of this.#runtime.logs(this.#of.replica, this.#place.cursor, signal)) {
          this.#take(entry);
          waitMs = 1000;
          while (this.#waiting.length >= mostWaiting && !signal.aborted) await this.#taken.promise;
        }
        if (last || signal.aborted) return;
        await this.#again.promise;
      } catch (error) {
        if (last || signal.aborted) return;
        this.#agent.log.warn(
          { err: error, replica: this.#of.replica },
          'The output of a replica can’t be followed; tried again',
        );
        await Promise.race([pause(waitMs, signal), this.#again.promise]);
        waitMs = Math.min(waitMs * 2, 10_000);
      }
    }
  }

  #take(entry: { at: string; stream: 'stdout' | 'stderr'; text: string; cursor: string }): void {
    const place = this.#place;
    const second = entry.at.slice(0, 19);
    if (second !== place.second) {
      this.#tellDropped(entry.at);
      place.second = second;
      place.inSecond = 0;
    }
    place.inSecond += 1;
    place.cursor = entry.cursor;
    if (place.inSecond > linesPerSecond) place.dropped += 1;
    else this.#push(entry.at, entry.stream, cut(entry.text));
  }

  #tellDropped(at: string): void {
    const { dropped } = this.#place;
    if (dropped === 0) return;
    this.#place.dropped = 0;
    this.#push(
      at,
      'system',
      `${dropped} ${dropped === 1 ? 'line' : 'lines'} dropped: more than ${linesPerSecond} a second`,
    );
  }

  #push(at: string, stream: OutputLine['stream'], text: string): void {
    const line = { seq: this.#place.seq, at, stream, text };
    this.#place.seq += 1;
    this.#waiting.push({ line, after: { ...this.#place } });
    this.#filled.resolve();
  }

  async #sendAll(): Promise<void> {
    const { signal } = this.#agent;
    while (!signal.aborted) {
      if (this.#waiting.length > 0) await this.#sendBatch();
      else if (this.#ended && this.#place.dropped === 0) return;
      else await this.#fill();
    }
  }

  /** Waits for lines, and a moment more for others; tells of dropped ones when nothing comes after them. */
  async #fill(): Promise<void> {
    const { signal } = this.#agent;
    this.#filled = Promise.withResolvers();
    if (this.#place.dropped > 0) {
      if (!this.#ended) await Promise.race([this.#filled.promise, pause(quietMs, signal)]);
      if (this.#waiting.length === 0) this.#tellDropped(new Date().toISOString());
    } else {
      await this.#filled.promise;
      if (!this.#ended) await pause(batchMs, signal);
    }
  }

  async #sendBatch(): Promise<void> {
    const { replica, deployment, service, organisation } = this.#of;
    const batch = this.#waiting.slice(0, batchLines);
    try {
      await this.#agent.report(ReplicaOutput, {
        replica,
        deployment,
        service,
        organisation,
        lines: batch.map(({ line }) => line),
      });
    } catch (error) {
      if (this.#agent.signal.aborted) return;
      this.#agent.log.error({ err: error, replica, lines: batch.length }, 'Lines of a replica were refused');
    }
    this.#waiting.splice(0, batch.length);
    const after = batch.at(-1)?.after;
    if (after) writeState(this.#file, after);
    this.#taken.resolve();
    this.#taken = Promise.withResolvers();
  }
}

function cut(text: string): string {
  return text.length > longestLine ? `${text.slice(0, longestLine)}… (cut, ${text.length} characters)` : text;
}

/** File that holds the place of a replica's log. */
export function placeFile(directory: string, replica: string): string {
  return join(directory, 'logs', `${replica}.json`);
}

function readPlace(file: string): Place {
  const { cursor, seq, second, inSecond, dropped } = readState(file);
  const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return {
    cursor: typeof cursor === 'string' ? cursor : null,
    seq: count(seq),
    second: typeof second === 'string' ? second : '',
    inSecond: count(inSecond),
    dropped: count(dropped),
  };
}
