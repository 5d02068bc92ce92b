import type { Clock } from '@containr/sdk';

/** What was looked up in the last few seconds. Revoking anything empties it; a look-up begun before that is not kept. */
export class Recent<T> {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #max: number;
  #generation = 0;
  #entries = new Map<string, { value: T; until: number }>();

  constructor(clock: Clock, options: { ttlMs?: number; max?: number } = {}) {
    this.#clock = clock;
    this.#ttlMs = options.ttlMs ?? 5_000;
    this.#max = options.max ?? 1_000;
  }

  /** The value of `key`, from memory or by `look`; `null` is not kept. */
  async through(key: string, look: () => Promise<T | null>): Promise<T | null> {
    const now = this.#clock.now().getTime();
    const kept = this.#entries.get(key);
    if (kept && kept.until > now) return kept.value;
    const generation = this.#generation;
    const value = await look();
    if (value !== null && generation === this.#generation) this.#keep(key, value, now + this.#ttlMs);
    return value;
  }

  /** Forgets everything. */
  clear(): void {
    this.#generation += 1;
    this.#entries.clear();
  }

  #keep(key: string, value: T, until: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > this.#max && !oldest.done) this.#entries.delete(oldest.value);
  }
}
