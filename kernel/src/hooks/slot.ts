import type { HookKind } from '@containr/sdk';
import { AsyncParallelHook, AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook } from 'tapable';

/** What taps are given beside the payload. */
export interface TapRun {
  readonly signal: AbortSignal;
}

/** One plugin's tap in a slot. */
export interface SlotTap {
  readonly plugin: string;
  readonly stage: number;
  readonly call: (payload: unknown, run: TapRun) => Promise<unknown>;
}

/** The taps of one moment, compiled; runs hold on to the generation that they began in. */
interface Generation {
  readonly taps: readonly SlotTap[];
  readonly run: (payload: unknown, run: TapRun) => Promise<unknown>;
  runs: number;
  readonly waiting: (() => void)[];
}

/**
 * Holds a hook's taps in order (stage, then plugin name). Each change makes a fresh tapable hook, so that a run never sees
 * half a change; runs are counted per generation, because a series that is still inside one tap goes on to the next.
 */
export class Slot {
  readonly #kind: HookKind;
  readonly #older = new Set<Generation>();
  #live: Generation;

  constructor(kind: HookKind) {
    this.#kind = kind;
    this.#live = generation(kind, []);
  }

  /** Taps now, in the order in which they run. */
  get taps(): readonly SlotTap[] {
    return this.#live.taps;
  }

  /** Adds a tap; the returned function takes it out at once and resolves when no run can still reach it. */
  add(tap: SlotTap): () => Promise<void> {
    this.#cut([...this.#live.taps, tap]);
    return async () => {
      if (this.#live.taps.includes(tap)) this.#cut(this.#live.taps.filter((other) => other !== tap));
      await Promise.all(
        [...this.#older]
          .filter((old) => old.taps.includes(tap))
          .map((old) => new Promise<void>((resolve) => old.waiting.push(resolve))),
      );
    };
  }

  /** Runs the taps of this moment. */
  async run(payload: unknown, run: TapRun): Promise<unknown> {
    const current = this.#live;
    current.runs += 1;
    try {
      return await current.run(payload, run);
    } finally {
      this.#leave(current);
    }
  }

  #cut(taps: readonly SlotTap[]): void {
    const sorted = taps.toSorted(
      (a, b) => a.stage - b.stage || (a.plugin < b.plugin ? -1 : a.plugin > b.plugin ? 1 : 0),
    );
    if (this.#live.runs > 0) this.#older.add(this.#live);
    this.#live = generation(this.#kind, sorted);
  }

  #leave(one: Generation): void {
    one.runs -= 1;
    if (one.runs > 0 || one === this.#live) return;
    this.#older.delete(one);
    for (const wake of one.waiting) wake();
  }
}

function generation(kind: HookKind, taps: readonly SlotTap[]): Generation {
  return { taps, run: runner(kind, taps), runs: 0, waiting: [] };
}

function runner(kind: HookKind, taps: readonly SlotTap[]): Generation['run'] {
  switch (kind) {
    case 'choose': {
      const hook = new AsyncSeriesBailHook<[unknown, TapRun], unknown>(['payload', 'run']);
      for (const tap of taps) hook.tapPromise(tap.plugin, tap.call);
      return (payload, run) => hook.promise(payload, run);
    }
    case 'amend': {
      const hook = new AsyncSeriesWaterfallHook<[unknown, TapRun]>(['payload', 'run']);
      for (const tap of taps) hook.tapPromise(tap.plugin, tap.call);
      return (payload, run) => hook.promise(payload, run);
    }
    case 'gate': {
      const hook = new AsyncSeriesHook<[unknown, TapRun]>(['payload', 'run']);
      for (const tap of taps) hook.tapPromise(tap.plugin, async (payload, run) => void (await tap.call(payload, run)));
      return (payload, run) => hook.promise(payload, run);
    }
    case 'verify':
      return verifier(taps);
  }
}

/** All together; tapable reports the first failure while others still run, so each tap keeps its own outcome. */
function verifier(taps: readonly SlotTap[]): Generation['run'] {
  const hook = new AsyncParallelHook<[unknown, TapRun, unknown[]]>(['payload', 'run', 'failures']);
  for (const tap of taps) {
    hook.tapPromise(tap.plugin, async (payload, run, failures) => {
      try {
        await tap.call(payload, run);
      } catch (error) {
        failures.push(error);
      }
    });
  }
  return async (payload, run) => {
    const failures: unknown[] = [];
    await hook.promise(payload, run, failures);
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1)
      throw new AggregateError(
        failures,
        failures.map((one) => (one instanceof Error ? one.message : String(one))).join(' '),
      );
    return undefined;
  };
}
