import type { Missing } from './grants.ts';

/** Something that a plugin tried without a grant, and when it last did. */
export interface Refusal extends Missing {
  /** ISO 8601. */
  readonly at: string;
}

const most = 20;
/** What can be granted; a plugin that tries something else must not put words on the admin's page. */
const grantable = /^[A-Za-z0-9._:[\]-]{1,253}$/;

/** What each plugin was refused lately in this process, so that an admin sees what it lacks: the latest twenty. */
export class Refusals {
  readonly #of = new Map<string, Map<string, Refusal>>();

  /** The latest last. */
  of(plugin: string): readonly Refusal[] {
    return [...(this.#of.get(plugin)?.values() ?? [])];
  }

  /** Notes what a plugin tried. */
  note(plugin: string, missing: readonly Missing[]): void {
    const own = this.#of.get(plugin) ?? new Map<string, Refusal>();
    this.#of.set(plugin, own);
    for (const { kind, value } of missing) {
      if (!grantable.test(value)) continue;
      own.delete(`${kind} ${value}`);
      own.set(`${kind} ${value}`, { kind, value, at: new Date().toISOString() });
      const [oldest] = own.keys();
      if (own.size > most && oldest !== undefined) own.delete(oldest);
    }
  }

  /** Forgets all of a plugin. */
  forget(plugin: string): void {
    this.#of.delete(plugin);
  }
}
