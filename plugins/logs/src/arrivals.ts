/** Wakes readers of a service when lines arrive in this process. */
export class Arrivals {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Wakes all that wait for this service. */
  announce(service: string): void {
    const waiting = this.#waiting.get(service);
    this.#waiting.delete(service);
    for (const wake of waiting ?? []) wake();
  }

  /** Resolves at the next arrival, after `ms`, or when the signal is aborted; never rejects. */
  async next(service: string, ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const waiting = this.#waiting.get(service) ?? new Set<() => void>();
    this.#waiting.set(service, waiting);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => resolve(), { once: true });
    waiting.add(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      waiting.delete(resolve);
      if (waiting.size === 0 && this.#waiting.get(service) === waiting) this.#waiting.delete(service);
    }
  }
}
