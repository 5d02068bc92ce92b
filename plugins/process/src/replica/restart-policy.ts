const firstDelayMs = 200;
const longestDelayMs = 30_000;
const steadyMs = 10_000;

/** How a command ended. */
export interface CommandEnd {
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** How long it had run. */
  readonly ranMs: number;
}

/**
 * Decides whether an ended command runs again, and how long to wait: twice as long each time, anew after ten steady seconds. With
 * `on-failure` it may be given a number of tries.
 */
export class RestartPolicy {
  readonly #mode: 'always' | 'on-failure' | 'never';
  readonly #tries: number | null;
  #delayMs = firstDelayMs;
  #used = 0;

  constructor(mode: 'always' | 'on-failure' | 'never', tries: number | null = null) {
    this.#mode = mode;
    this.#tries = tries;
  }

  /** Milliseconds to wait before the next start; `null`: it stays ended. */
  next(end: CommandEnd): number | null {
    if (this.#mode === 'never') return null;
    if (this.#mode === 'on-failure' && end.exitCode === 0 && !end.outOfMemory) return null;
    if (this.#mode === 'on-failure' && this.#tries !== null && this.#used >= this.#tries) return null;
    this.#used += 1;
    if (end.ranMs >= steadyMs) this.#delayMs = firstDelayMs;
    const delay = this.#delayMs;
    this.#delayMs = Math.min(longestDelayMs, delay * 2);
    return delay;
  }
}
