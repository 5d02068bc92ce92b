import type { PluginEnded } from './ended.ts';
import { quarantined } from './ended.ts';

const countedMs = 60_000;
const mostEnds = 3;
/** Setting it up anew would not help: it broke the rules on purpose, or its folder stays full. */
const forGood: readonly string[] = ['PLUGIN_VIOLATIONS', 'PLUGIN_DISK'];

/** Counts how often the process of one plugin ended by itself: up to three times a minute it is set up anew. */
export class Ends {
  readonly #at: number[] = [];
  readonly #again: string | undefined;
  #quarantined = false;

  /** `again`: what an admin does to have it run again, once it stays off; enabling it unless told. */
  constructor(again?: string) {
    this.#again = again;
  }

  /** Whether it ended too often, or for a cause that stays. */
  get quarantined(): boolean {
    return this.#quarantined;
  }

  /** Notes one end; gives what the admin is shown of it, and whether the plugin may be set up anew. */
  note(plugin: string, cause: PluginEnded): { readonly shown: PluginEnded; readonly again: boolean } {
    const now = Date.now();
    this.#at.push(now);
    while (this.#at[0] !== undefined && this.#at[0] < now - countedMs) this.#at.shift();
    this.#quarantined = this.#at.length > mostEnds || forGood.includes(cause.code);
    if (!this.#quarantined) return { shown: cause, again: true };
    return { shown: quarantined(plugin, this.#at.splice(0).length, cause, this.#again), again: false };
  }
}
