import type { Logger } from '@containr/sdk';
import type { Link } from './link.ts';

/** What plugins do at each connection; each handler runs once a connection, and never twice at a time. */
export class Greetings {
  readonly #link: Link;
  readonly #entries = new Set<{ handler: () => Promise<void>; log: Logger; greeted: number; busy: boolean }>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** Adds a handler; gives how to take it out. */
  add(handler: () => Promise<void>, log: Logger): () => void {
    const entry = { handler, log, greeted: 0, busy: false };
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  /** Runs what has not run on the present connection. */
  greet(): void {
    for (const entry of this.#entries) if (!entry.busy) void this.#greetOne(entry);
  }

  async #greetOne(entry: { handler: () => Promise<void>; log: Logger; greeted: number; busy: boolean }): Promise<void> {
    entry.busy = true;
    while (this.#entries.has(entry) && this.#link.current && entry.greeted !== this.#link.generation) {
      entry.greeted = this.#link.generation;
      try {
        await entry.handler();
      } catch (error) {
        if (this.#entries.has(entry))
          entry.log.error({ err: error }, 'The state could not be sent at a new connection');
      }
    }
    entry.busy = false;
  }
}
