/** Something that will happen at a moment of simulated time. */
interface Happening {
  readonly at: number;
  /** Decides between happenings of the same moment; drawn from the seed. */
  readonly rank: number;
  readonly label: string;
  readonly work: () => void | Promise<void>;
}

/** Something that can die in the middle of what it does: a control plane, an agent. What it waits for then never comes. */
export interface Life {
  readonly alive: boolean;
}

/**
 * A world with one clock and one source of chance. Everything that takes time in it waits for a turn; turns come in the order of
 * simulated time, and those of one moment in an order that the seed decides. The same seed gives the same history, as long as
 * nothing in it waits for the real world.
 *
 * @example
 * const world = new World(42);
 * world.after(100, 'deploy', () => deploy());
 * await world.runUntil(60_000);
 */
export class World {
  /** What happened, newest last; bounded. For the message of a seed that fails. */
  readonly history: string[] = [];
  /** How many turns of the event loop belong to one happening: more than one where code of production waits for `setImmediate`. */
  turns = 1;
  #now: number;
  #state: number;
  #queue: Happening[] = [];
  readonly #failures: unknown[] = [];
  #happened = 0;
  #struck: { readonly before: number; readonly work: () => void } | null = null;
  #held = 0;
  #released: () => void = () => undefined;

  /** Simulated time begins at `begin`, in milliseconds since 1970. */
  constructor(seed: number, begin = Date.UTC(2030, 0, 1)) {
    this.#state = seed >>> 0;
    this.#now = begin;
  }

  /** Milliseconds since 1970, simulated. */
  get now(): number {
    return this.#now;
  }

  /** How much happened so far. The same seed gives the same happenings, so a number of them names an instant. */
  get happened(): number {
    return this.#happened;
  }

  /** Has `work` happen right before the nth happening of this world: between any two effects, in the midst of whatever goes on. */
  strike(before: number, work: () => void): void {
    this.#struck = { before, work };
  }

  /** From 0 up to but without 1 (mulberry32, Tommy Ettinger, public domain). */
  chance(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.chance() * (high - low + 1));
  }

  /** One of several. Throws when there is none. */
  pick<T>(from: readonly T[]): T {
    const chosen = from[this.between(0, from.length - 1)];
    if (chosen === undefined) throw new Error('There is nothing to pick from.');
    return chosen;
  }

  /** Happens so many simulated milliseconds from now. A throw ends the run with it. */
  after(ms: number, label: string, work: () => void | Promise<void>): void {
    this.#queue.push({ at: this.#now + ms, rank: this.chance(), label, work });
  }

  /** Waits for a turn, at most `mostMs` away; a turn that comes after the life has ended is never told of. */
  turn(life: Life, label: string, mostMs = 20): Promise<void> {
    return this.sleep(life, this.between(0, mostMs), label);
  }

  /** Waits so long; for ever, if the life ends meanwhile. */
  sleep(life: Life, ms: number, label: string): Promise<void> {
    return new Promise((resolve) =>
      this.after(ms, label, () => {
        if (life.alive) resolve();
      }),
    );
  }

  /** Holds time until something of the real world is done, such as a statement of a real database; for what gives the same each time. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held += 1;
    try {
      return await work;
    } finally {
      this.#held -= 1;
      if (this.#held === 0) this.#released();
    }
  }

  /** Writes a line into the history. */
  tell(line: string): void {
    this.history.push(`${((this.#now - Date.UTC(2030, 0, 1)) / 1000).toFixed(3).padStart(9)}  ${line}`);
    if (this.history.length > 4000) this.history.splice(0, 1000);
  }

  /** Reports a failure from anywhere; the run ends with it. */
  fail(error: unknown): void {
    this.#failures.push(error);
  }

  /** Lets everything happen that is due within the next `ms`, and `check` look after each. Rejects with the first failure. */
  async run(ms: number, check: () => void = () => undefined): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#next(end);
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      this.#happened += 1;
      if (this.#struck?.before === this.#happened) this.#struck.work();
      const running = next.work();
      if (running instanceof Promise) running.catch((error: unknown) => this.fail(error));
      // Everything that follows from it without a further turn happens now.
      await this.#settle();
      check();
      if (this.#failures.length > 0) throw this.#failures[0];
    }
    this.#now = end;
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < this.turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    if (this.#held === 0) return;
    await new Promise<void>((resolve) => (this.#released = resolve));
    await this.#settle();
  }

  #next(end: number): Happening | undefined {
    let best = -1;
    for (let index = 0; index < this.#queue.length; index += 1) {
      const one = this.#queue[index];
      const chosen = this.#queue[best];
      if (!one || one.at > end) continue;
      if (!chosen || one.at < chosen.at || (one.at === chosen.at && one.rank < chosen.rank)) best = index;
    }
    if (best < 0) return undefined;
    return this.#queue.splice(best, 1)[0];
  }
}
