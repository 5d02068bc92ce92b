import type { AuditEntry } from './row.ts';

const perSecond = 50;

/** Keeps a flood of strangers from filling the log: past 50 refusals of nobody in a second, the rest is only counted. */
export interface RefusalGate {
  /** Whether the entry gets a row of its own; else it is counted. */
  admits(entry: AuditEntry): boolean;
  /** How many were only counted and not told yet. */
  readonly held: number;
  /** So many were told. */
  told(count: number): void;
}

/** Makes a {@link RefusalGate}. */
export function createRefusalGate(): RefusalGate {
  let second = 0;
  let seen = 0;
  let held = 0;
  return {
    admits(entry) {
      if (entry.principal.kind !== 'anonymous' || (entry.status !== 401 && entry.status !== 403)) return true;
      const now = Math.floor(entry.at.getTime() / 1000);
      if (now !== second) [second, seen] = [now, 0];
      seen += 1;
      if (seen <= perSecond) return true;
      held += 1;
      return false;
    },
    get held() {
      return held;
    },
    told(count) {
      held -= count;
    },
  };
}
