import { readFileSync } from 'node:fs';

/** How far a thread has come, as the system counts it. */
export interface Pace {
  /** Time that it ran, in milliseconds. */
  readonly ranMs: number;
  /** Time that it could have run and waited for a processor, in milliseconds; a wait that lasts is not in it yet. */
  readonly waitedMs: number;
  /** Whether it runs or could: it neither sleeps nor is blocked. */
  readonly runnable: boolean;
}

/** Where the system does not tell, this share of what passed is held against a process. */
const unknownShare = 0.25;

/** Looks at the main thread of a process; `null` where the system does not tell, and once the process is gone. */
export function paceOf(pid: number): Pace | null {
  try {
    const [ran, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ').map(Number);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it is in brackets, and may hold any.
    const state = stat.charAt(stat.lastIndexOf(')') + 2);
    if (ran === undefined || waited === undefined) return null;
    return { ranMs: ran / 1e6, waitedMs: waited / 1e6, runnable: state === 'R' };
  } catch {
    return null;
  }
}

/**
 * How much of `passedMs` between two looks was a process's own: it ran, slept or was blocked. The time that it waited for a
 * processor is not, so that a machine with too much to do makes nobody look guilty.
 */
export function ownMs(before: Pace | null, now: Pace | null, passedMs: number): number {
  if (!before || !now) return passedMs * unknownShare;
  if (now.runnable) return Math.min(passedMs, now.ranMs - before.ranMs);
  return Math.max(0, passedMs - (now.waitedMs - before.waitedMs));
}
