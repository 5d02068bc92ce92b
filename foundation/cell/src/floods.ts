import { ContainrError } from '@containr/sdk';

/** What a process may send too much of. */
export type Flood = 'messages' | 'log lines';

/** For this long after it was last slowed, a process counts as flooding, in milliseconds. */
const lastsMs = 1_000;

const told = {
  messages: 'sends more messages than are taken, so it is read slowly and the rest wait in its own memory',
  'log lines': 'writes more log lines than are kept, so the rest are dropped',
} as const;

/** Notes when a process sends more than is taken of it, and tells the admin. */
export class Floods {
  #last: { readonly what: Flood; readonly at: Date } | null = null;
  #lastAt = Number.NEGATIVE_INFINITY;

  /** It was slowed, just now. */
  note(what: Flood): void {
    const now = performance.now();
    // Called for each line that is dropped: the time of day of each would be waste.
    if (now - this.#lastAt > lastsMs / 10 || this.#last?.what !== what) this.#last = { what, at: new Date() };
    this.#lastAt = now;
  }

  /** Whether it floods at this time. */
  get underWay(): boolean {
    return performance.now() - this.#lastAt < lastsMs;
  }

  /** What its document says of it, from the first flood of this process on; `null` when there was none. */
  cause(plugin: string): ContainrError | null {
    if (!this.#last) return null;
    const { what, at } = this.#last;
    return new ContainrError({
      code: 'PLUGIN_FLOODS',
      status: 429,
      detail: `${plugin} ${told[what]} (last at ${at.toISOString()}).`,
      hint: `Read the log of ${plugin}. Others are kept from it; if it goes on, turn it off and report the fault.`,
    });
  }
}
