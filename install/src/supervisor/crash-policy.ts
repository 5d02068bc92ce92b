/** How often a control plane may crash, and how long is waited before it is started again. Times in ms. */
export interface CrashLimits {
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** A control plane that served this long is sound: earlier crashes are forgotten. */
  readonly soundMs: number;
  /** With this many crashes, none of them forgotten, it is given up. */
  readonly most: number;
}

export const usualCrashLimits: CrashLimits = { firstWaitMs: 200, longestWaitMs: 30_000, soundMs: 60_000, most: 5 };

/** What is to be done after a crash. */
export type Verdict =
  { readonly again: true; readonly waitMs: number } | { readonly again: false; readonly crashes: number };

/** Counts crashes; each one is told how long its control plane served, 0 when it never did. */
export function crashPolicy(limits: CrashLimits): (servedMs: number) => Verdict {
  let crashes = 0;
  return (servedMs) => {
    crashes = servedMs >= limits.soundMs ? 1 : crashes + 1;
    if (crashes >= limits.most) return { again: false, crashes };
    return { again: true, waitMs: Math.min(limits.longestWaitMs, limits.firstWaitMs * 4 ** (crashes - 1)) };
  };
}
