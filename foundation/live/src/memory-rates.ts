import type { RateRule, Taken } from '@containr/sdk';

const sweepEvery = 10_000;
const keptKeys = 200_000;

/**
 * Counts in this process by the generic cell rate algorithm: one number a key, the moment at which all would be allowed
 * again. A take is a few map operations.
 */
export class MemoryRates {
  readonly #free = new Map<string, number>();
  #takes = 0;

  /** `now` in ms of a clock that never goes back. */
  take(key: string, rule: RateRule, now: number): Taken {
    const { windowMs, limit } = rule;
    const stepMs = windowMs / limit;
    const free = Math.max(this.#free.get(key) ?? 0, now);
    const next = free + stepMs;
    const allowed = next - now <= windowMs + stepMs * 1e-6;
    if (allowed) this.#keep(key, next, now);
    const resetMs = (allowed ? next : free) - now;
    return {
      allowed,
      remaining: Math.max(0, Math.floor((windowMs - resetMs) / stepMs + 1e-6)),
      resetMs,
      retryMs: allowed ? 0 : next - now - windowMs,
    };
  }

  clear(): void {
    this.#free.clear();
  }

  /** Keys now. */
  get size(): number {
    return this.#free.size;
  }

  #keep(key: string, next: number, now: number): void {
    this.#free.set(key, next);
    this.#takes += 1;
    if (this.#takes % sweepEvery !== 0) return;
    for (const [old, free] of this.#free) if (free <= now) this.#free.delete(old);
    // Whoever asks from that many addresses at once is not slowed down by counting each for longer.
    if (this.#free.size > keptKeys) this.#free.clear();
  }
}
