import type { Clock } from '@containr/sdk';

/**
 * What was looked up in the last second, so that what another process revoked is honoured for no longer than that even when
 * nobody tells. Revoking anything empties it; a look-up begun before that is not kept.
 */
export class Recent<T> {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #max: number;
  readonly #cleared: () => void;
  #generation = 0;
  #entries = new Map<string, { value: T; until: number }>();

  constructor(clock: Clock, options: { ttlMs?: number; max?: number; cleared?: () => void } = {}) {
    this.#clock = clock;
    this.#ttlMs = options.ttlMs ?? 900;
    this.#max = options.max ?? 1_000;
    this.#cleared = options.cleared ?? (() => undefined);
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

  /** Something was revoked here: forgets everything, here and in other processes. */
  clear(): void {
    this.forget();
    this.#cleared();
  }

  /** Forgets everything. */
  forget(): void {
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
