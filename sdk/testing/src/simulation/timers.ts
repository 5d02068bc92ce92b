import { AsyncLocalStorage } from 'node:async_hooks';
import type { Life, World } from './world.ts';

const whose = new AsyncLocalStorage<Life>();
const everLasting: Life = { alive: true };

/** Runs code as part of a life: timers that it starts, now or later, never fire after that life has ended. */
export function inLife<T>(life: Life, work: () => T): T {
  return whose.run(life, work);
}

/**
 * Has `setTimeout`, `setInterval`, `AbortSignal.timeout` and `Date` follow the world's clock, so that code of production waits in
 * simulated time for what it gives up or does again, and `Math.random` the world's chance. Returns how to put the machine's own back; one world at a time.
 */
export function simulateTimers(world: World): () => void {
  const real = { setTimeout, clearTimeout, setInterval, clearInterval, timeout: AbortSignal.timeout.bind(AbortSignal) };
  const start = (ms: number, again: boolean, run: () => void): Timer => {
    const life = whose.getStore() ?? everLasting;
    const timer = new Timer();
    const arm = (): void =>
      world.after(Math.max(1, ms), 'timer', () => {
        if (timer.cleared || !life.alive) return;
        if (again) arm();
        whose.run(life, run);
      });
    arm();
    return timer;
  };
  const clear = (timer: unknown): void => {
    if (timer instanceof Timer) timer.cleared = true;
    else real.clearTimeout(timer as NodeJS.Timeout | undefined);
  };
  Object.assign(globalThis, {
    setTimeout: (run: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) =>
      start(ms, false, () => run(...given)),
    setInterval: (run: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) =>
      start(ms, true, () => run(...given)),
    clearTimeout: clear,
    clearInterval: clear,
  });
  const { Date } = globalThis;
  const { random } = Math;
  Math.random = () => world.chance();
  globalThis.Date = new Proxy(Date, {
    construct: (real, given: []) => (given.length === 0 ? new real(world.now) : new real(...given)),
    get: (real, name) => (name === 'now' ? () => world.now : (Reflect.get(real, name) as unknown)),
  });
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    start(ms, false, () => controller.abort(new DOMException('The time is over', 'TimeoutError')));
    return controller.signal;
  };
  return () => {
    const { timeout, ...functions } = real;
    Object.assign(globalThis, functions);
    AbortSignal.timeout = timeout;
    Math.random = random;
    globalThis.Date = Date;
  };
}

/** What stands for Node's own timer. */
class Timer {
  cleared = false;

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.cleared = true;
  }
}
