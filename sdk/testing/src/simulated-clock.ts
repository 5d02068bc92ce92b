import type { Clock } from '@containr/sdk';

/** Time that moves only when the test says so. */
export interface SimulatedClock extends Clock {
  /**
   * Moves time on, waking who sleeps, one after another, each at its own time. Work that a sleeper then does for real
   * (a query, a request) is not waited for: wait for its effect with `until`, or for its next sleep with `asleep`.
   */
  advance(ms: number): Promise<void>;
  /** Resolves as soon as at least so many sleep: the work that was woken is done, and waits again. */
  asleep(count: number): Promise<void>;
}

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/**
 * Makes a clock that stands still.
 *
 * @example
 * const clock = simulatedClock();
 * const test = await startTestPlatform({ plugins: [plugin], clock });
 * await clock.advance(60_000);
 */
export function simulatedClock(start = '2026-01-01T00:00:00.000Z'): SimulatedClock {
  let now = Date.parse(start);
  const sleepers = new Set<Sleeper>();
  const waiting = new Set<{ readonly count: number; resolve(): void }>();

  function settle(): void {
    for (const one of waiting) {
      if (sleepers.size < one.count) continue;
      waiting.delete(one);
      one.resolve();
    }
  }
  function next(): Sleeper | undefined {
    return [...sleepers].sort((a, b) => a.at - b.at)[0];
  }

  return {
    now: () => new Date(now),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(reasonOf(signal));
        const sleeper: Sleeper = { at: now + ms, wake: () => (leave(), resolve()) };
        const stop = (): void => (leave(), reject(reasonOf(signal)));
        const leave = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', stop);
        };
        signal?.addEventListener('abort', stop, { once: true });
        sleepers.add(sleeper);
        settle();
      });
    },
    async advance(ms) {
      const end = now + ms;
      for (let sleeper = next(); sleeper && sleeper.at <= end; sleeper = next()) {
        now = Math.max(now, sleeper.at);
        sleeper.wake();
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = end;
    },
    asleep(count) {
      return new Promise((resolve) => {
        waiting.add({ count, resolve });
        settle();
      });
    },
  };
}

function reasonOf(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('The sleep was ended');
}
