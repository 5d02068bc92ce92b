/** Lets loops sleep until something happened. */
export interface Wakeup {
  /** Ends every sleep, also the next one of a loop that was busy meanwhile: each takes its `mark` before it looks. */
  wake(): void;
  /** The count of wake-ups so far. */
  readonly mark: number;
  /** Sleeps until there was a wake-up after `mark`, the time is over, or the signal aborts. */
  sleep(mark: number, ms: number, signal?: AbortSignal): Promise<void>;
}

/** Makes a {@link Wakeup}. */
export function createWakeup(): Wakeup {
  let mark = 0;
  const sleepers = new Set<() => void>();
  return {
    get mark() {
      return mark;
    },
    wake() {
      mark += 1;
      for (const end of [...sleepers]) end();
    },
    async sleep(since, ms, signal) {
      if (since !== mark || signal?.aborted) return;
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', end);
          sleepers.delete(end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal?.addEventListener('abort', end, { once: true });
        sleepers.add(end);
      });
    },
  };
}
