import { readFileSync } from 'node:fs';
import type { Cell } from './cell.ts';

/** How a process is watched. */
export interface WatchOptions {
  readonly cell: Cell;
  readonly memoryBytes: number;
  /** Longest time without an answer, in milliseconds. */
  silentMs(): number;
  /** What it did; the watch is over then. */
  caught(what: 'silent' | 'memory', detail: string): void;
}

const everyMs = 200;

/** Asks a process for a sign of life and looks at its memory, several times a second; returns what ends the watch. */
export function watch(options: WatchOptions): () => void {
  const { cell, memoryBytes } = options;
  let unansweredSince: number | null = null;
  let looked = performance.now();
  cell.heartbeat.on('data', () => (unansweredSince = null));
  cell.heartbeat.on('error', () => undefined);
  const timer = setInterval(() => {
    const now = performance.now();
    // This process itself was late: whatever waited may be our fault.
    const late = now - looked > everyMs * 2;
    looked = now;
    if (unansweredSince === null || late) {
      if (unansweredSince === null) cell.heartbeat.write('.');
      unansweredSince = now;
    } else if (now - unansweredSince > options.silentMs()) {
      stop();
      return options.caught('silent', `It did not answer for ${Math.round(now - unansweredSince)} ms`);
    }
    const bytes = cell.residentBytes();
    if (bytes === null || bytes <= memoryBytes) return;
    stop();
    options.caught('memory', `It uses ${megabytes(bytes)}, and may use ${megabytes(memoryBytes)}`);
  }, everyMs);
  timer.unref();
  const stop = (): void => clearInterval(timer);
  return stop;
}

/** Whether the system has memory so short or processors so busy that a process can't be blamed for its silence. */
export function isCrowded(): boolean {
  try {
    // Share of the last ten seconds in which some task waited for a processor.
    const some = /some avg10=([\d.]+)/.exec(readFileSync('/proc/pressure/cpu', 'utf8'))?.[1];
    return Number(some ?? 0) > 60;
  } catch {
    return false;
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}
