import type { PluginEnded } from './ended.ts';
import { quarantined } from './ended.ts';

const countedMs = 60_000;
const mostEnds = 3;

/** Counts how often the process of one plugin ended by itself: up to three times a minute it is set up anew. */
export class Ends {
  readonly #at: number[] = [];
  #quarantined = false;

  /** Whether it ended too often, or broke the rules of its channel. */
  get quarantined(): boolean {
    return this.#quarantined;
  }

  /** Notes one end; gives what the admin is shown of it, and whether the plugin may be set up anew. */
  note(plugin: string, cause: PluginEnded): { readonly shown: PluginEnded; readonly again: boolean } {
    const now = Date.now();
    this.#at.push(now);
    while (this.#at[0] !== undefined && this.#at[0] < now - countedMs) this.#at.shift();
    this.#quarantined = this.#at.length > mostEnds || cause.code === 'PLUGIN_VIOLATIONS';
    if (!this.#quarantined) return { shown: cause, again: true };
    return { shown: quarantined(plugin, this.#at.splice(0).length, cause), again: false };
  }
}
