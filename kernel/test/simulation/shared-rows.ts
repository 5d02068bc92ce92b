import type { Life, World } from '@containr/testing/simulation';
import type { Wanted } from '../../src/plugins/desired.ts';

/** What the processes of one control plane share, as Postgres keeps it: each change is whole, and a crash comes before or after it. */
export class SharedRows {
  readonly wanted = new Map<string, Wanted>();
  /** The version of each installed plugin that is to serve. */
  readonly chosen = new Map<string, number>();
  /** Versions of settings. */
  readonly settings = new Map<string, number>();
  /** Nobody reaches it. */
  isDown = false;
  readonly #world: World;
  readonly #hear: () => void;

  /** `hear` is called after each change that is notified. */
  constructor(world: World, hear: () => void) {
    this.#world = world;
    this.#hear = hear;
  }

  /** One statement. Throws while nobody reaches the database; what was committed may also be answered by a lost connection. */
  async run<T>(life: Life, label: string, statement: () => T, notifies = false): Promise<T> {
    await this.#world.turn(life, label);
    if (this.isDown) throw new Error('The database is away.');
    const result = statement();
    if (notifies) this.#hear();
    await this.#world.turn(life, `${label} answered`);
    if (this.isDown) throw new Error('The connection to the database was lost.');
    return result;
  }

  /** Changes what is wanted of a plugin; gives its new generation. */
  want(name: string, enabled: boolean | null): number {
    const before = this.wanted.get(name);
    if (!before && enabled === null) return 0;
    const next = { enabled: enabled ?? before?.enabled ?? false, generation: (before?.generation ?? 0) + 1 };
    this.wanted.set(name, next);
    return next.generation;
  }
}
