import type { Half, HalfStatus } from '@containr/sdk/wire';
import { statusOf } from '../half-status.ts';
import { ApartHalf } from './apart-half.ts';
import type { ApartHost } from './host.ts';

/** Runs the agent halves of plugins that are not trusted, each in a process of its own; none waits for another. */
export class ApartHalves {
  readonly #host: ApartHost;
  readonly #running = new Map<string, { key: string; half: ApartHalf }>();

  constructor(host: ApartHost) {
    this.#host = host;
  }

  /** How each does now. */
  get statuses(): HalfStatus[] {
    return [...this.#running.values()].map(({ half: { half, state, cause, isolation } }) =>
      statusOf(half, state, cause, isolation),
    );
  }

  /** Ends those that are not among these, or are there in another form. */
  async keep(halves: readonly Half[]): Promise<void> {
    const wanted = new Map(halves.map((half) => [half.plugin, keyOf(half)]));
    await Promise.all(
      [...this.#running].map(async ([plugin, { key, half }]) => {
        if (wanted.get(plugin) === key) return;
        this.#running.delete(plugin);
        await half.stop();
      }),
    );
  }

  /** Starts those that do not run; what becomes of each is told by its state. */
  start(halves: readonly Half[]): void {
    for (const half of halves) {
      const running = this.#running.get(half.plugin);
      if (running) running.half.again();
      else this.#running.set(half.plugin, { key: keyOf(half), half: new ApartHalf(half, this.#host) });
    }
  }

  /** Ends all of them. */
  async dispose(): Promise<void> {
    await this.keep([]);
  }
}

function keyOf(half: Half): string {
  const { sha256, version, apart } = half;
  return JSON.stringify([sha256, version, apart]);
}
