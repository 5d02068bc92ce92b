import { randomBytes } from 'node:crypto';
import type { Cell } from './cell.ts';
import { ownMs } from './own-time.ts';

/** How a process is watched. */
export interface WatchOptions {
  readonly cell: Pick<Cell, 'heartbeat' | 'residentBytes' | 'pace' | 'favour'>;
  readonly memoryBytes: number;
  /** Longest time of its own without an answer, in milliseconds. */
  silentMs(): number;
  /** Whether it sends more than is taken: it is late by its own doing then, and is not let forward for it. */
  flooding(): boolean;
  /** What it did; the watch is over then. */
  caught(what: 'silent' | 'memory' | 'heartbeat', detail: string): void;
}

/** How often it is looked at, in milliseconds: a fault is found that much after its deadline at the latest. */
export const everyMs = 100;
const longestCountedMs = everyMs * 1.5;
/** After this long without an answer it is let forward, so that on a busy machine too it is soon known whether it hangs. */
const hearAfterMs = 200;
/** Hearings a minute: whoever is slow on purpose gains no more than that. */
const mostHearings = 6;

/**
 * Asks a process for a sign of life and looks at its memory, several times a second; returns what ends the watch. What counts
 * against it is time of its own: not the time that it waited for a processor, and not that in which this process was late.
 */
export function watch(options: WatchOptions): () => void {
  const { cell, memoryBytes } = options;
  let asked: Buffer | null = null;
  let silentMs = 0;
  let looked = performance.now();
  let pace = cell.pace();
  let askedAt = looked;
  let hearing = false;
  const heard: number[] = [];
  const hear = (now: number, on: boolean): void => {
    while ((heard[0] ?? now) < now - 60_000) heard.shift();
    if (on === hearing || (on && heard.length >= mostHearings)) return;
    if (on) heard.push(now);
    hearing = on;
    cell.favour(on);
  };
  // Read at each look and no sooner: what floods it fills its own end.
  cell.heartbeat.on('readable', () => undefined);
  cell.heartbeat.on('error', () => undefined);
  const timer = setInterval(() => {
    const now = performance.now();
    const passed = Math.min(now - looked, longestCountedMs);
    const paceNow = cell.pace();
    const own = ownMs(pace, paceNow, passed);
    looked = now;
    pace = paceNow;

    const answer = cell.heartbeat.read() as Buffer | null;
    if (answer && !asked?.equals(answer)) return end('heartbeat', 'It answers a sign of life that nobody asked for');
    if (answer || asked === null) {
      silentMs = 0;
      // Not to be known before: an answer is one of now.
      asked = randomBytes(8);
      askedAt = now;
      hear(now, false);
      cell.heartbeat.write(asked);
    } else {
      hear(now, now - askedAt >= hearAfterMs && !options.flooding());
      silentMs += own;
      if (silentMs >= options.silentMs()) return end('silent', `It did not answer for ${Math.round(silentMs)} ms`);
    }
    const bytes = cell.residentBytes();
    if (bytes !== null && bytes > memoryBytes)
      end('memory', `It uses ${megabytes(bytes)}, and may use ${megabytes(memoryBytes)}`);
  }, everyMs);
  timer.unref();
  const end = (what: Parameters<WatchOptions['caught']>[0], detail: string): void => {
    clearInterval(timer);
    options.caught(what, detail);
  };
  return () => clearInterval(timer);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}
