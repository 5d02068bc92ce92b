import fc from 'fast-check';
import { settingsOf } from './configuring.ts';
import type { Subject } from './subject.ts';

const ownVerbs = ['enable', 'disable', 'replace', 'crash'] as const;
const guestVerbs = ['enable', 'disable', 'replace', 'upgrade', 'break', 'trust', 'configure', 'kill'] as const;

/**
 * One thing that is done to one plugin. `crash`: it is set up anew and throws at the end of its set-up. `configure`: a setting
 * changes, for which it is set up anew. Of installed ones: `upgrade` changes between two versions, `break` tries one whose set-up
 * throws, `trust` lets it into the control plane or puts it apart, `kill` ends its process.
 */
export interface Operation {
  readonly verb: (typeof ownVerbs)[number] | (typeof guestVerbs)[number];
  readonly plugin: string;
}

/** Random operations on plugins that came with the install and on those that were installed. */
export function operations(
  { packages, guests }: Pick<Subject, 'packages' | 'guests'>,
  most: number,
): fc.Arbitrary<readonly Operation[]> {
  const own = packages.map(({ name }) => name);
  const one = fc.oneof(
    { weight: 6, arbitrary: fc.record({ verb: fc.constantFrom(...ownVerbs), plugin: fc.constantFrom(...own) }) },
    { weight: 1, arbitrary: configured() },
    {
      weight: 3,
      arbitrary: fc.record({ verb: fc.constantFrom(...guestVerbs), plugin: fc.constantFrom(...guests.keys()) }),
    },
  );
  return fc.array(one, { minLength: 1, maxLength: most, size: 'max' });
}

/** A change of a setting of a plugin that came with the install. */
export function configured(): fc.Arbitrary<Operation> {
  return fc.record({ verb: fc.constant('configure'), plugin: fc.constantFrom(...settingsOf.keys()) });
}

/** What the lifecycle should be after any operations: which plugins are wanted, and which of them failed. */
export class Expected {
  readonly #subject: Subject;
  readonly #wanted: Set<string>;
  readonly #failed = new Set<string>();

  constructor(subject: Subject) {
    this.#subject = subject;
    this.#wanted = new Set(subject.plugins);
  }

  /** Whether the plugin should be on: it and all that it needs are wanted, and none failed. */
  isOn(plugin: string): boolean {
    return (
      this.#wanted.has(plugin) &&
      !this.#failed.has(plugin) &&
      this.#subject.needs(plugin).every((need) => this.isOn(need))
    );
  }

  /** Does it, and takes note of what should have come of it. Throws when the platform answers otherwise. */
  async run({ verb, plugin }: Operation): Promise<void> {
    const { lifecycle } = this.#subject.test.platform;
    const needed = this.#subject.needs(plugin).every((need) => this.isOn(need));
    const guest = this.#subject.guests.get(plugin);
    switch (verb) {
      case 'enable':
        await outcome(lifecycle.enable(plugin), needed ? null : 'CONFLICT_PLUGIN_NEEDS');
        if (needed) this.#becomeWanted(plugin);
        break;
      case 'disable':
        await outcome(lifecycle.disable(plugin), null);
        this.#wanted.delete(plugin);
        this.#failed.delete(plugin);
        break;
      case 'replace':
        await outcome(lifecycle.replace(plugin), this.isOn(plugin) ? null : 'CONFLICT_PLUGIN_OFF');
        break;
      case 'crash':
        await this.#crash(plugin, needed);
        break;
      case 'configure':
        await (guest ? guest.configure() : this.#subject.configure(plugin));
        break;
      case 'upgrade':
      case 'trust':
        await (verb === 'upgrade' ? guest?.upgrade() : guest?.changeTrust());
        // A version that was given up is tried again with what changed.
        this.#failed.delete(plugin);
        break;
      case 'break':
        if (this.isOn(plugin)) await guest?.upgradeToBroken();
        break;
      case 'kill':
        if (this.isOn(plugin) && guest?.isIsolated && !(await guest.kill())) this.#failed.add(plugin);
    }
  }

  /** Turns everything on again, needs first, with the versions, trust and settings of the beginning. */
  async restore(): Promise<void> {
    for (const plugin of inOrder(this.#subject)) if (!this.isOn(plugin)) await this.run({ verb: 'enable', plugin });
    for (const guest of this.#subject.guests.values()) await guest.restore();
    await this.#subject.restoreSettings();
  }

  /** Plugins that are on and should not be, or the other way round; guests that don't answer as they should. */
  async wrong(): Promise<readonly string[]> {
    const states = this.#subject.test.platform.lifecycle
      .list()
      .filter(({ name, state }) => (state === 'active') !== this.isOn(name))
      .map(({ name, state }) => `${name} is ${state}, and should ${this.isOn(name) ? '' : 'not '}be active`);
    const guests = [...this.#subject.guests.values()].filter(({ name }) => this.isOn(name));
    const silent = await Promise.all(guests.map(async (one) => ((await one.answers()) ? [] : [one.name])));
    return [...states, ...silent.flat().map((name) => `${name} does not answer as its chosen version`)];
  }

  async #crash(plugin: string, needed: boolean): Promise<void> {
    const { test, crashing } = this.#subject;
    crashing.add(plugin);
    try {
      // A replacement that crashes leaves the old one; a start that crashes leaves nothing.
      if (this.isOn(plugin)) await outcome(test.platform.lifecycle.replace(plugin), 'CONFLICT_PLUGIN_FAILED');
      else if (needed) {
        await outcome(test.platform.lifecycle.enable(plugin), 'CONFLICT_PLUGIN_FAILED');
        this.#wanted.add(plugin);
        this.#failed.add(plugin);
      }
    } finally {
      crashing.delete(plugin);
    }
  }

  #becomeWanted(plugin: string): void {
    this.#wanted.add(plugin);
    this.#failed.delete(plugin);
  }
}

/** Plugins, each after those that it needs. */
function inOrder(subject: Subject): readonly string[] {
  const placed = new Set<string>();
  const place = (name: string): void => {
    if (placed.has(name)) return;
    for (const need of subject.needs(name)) place(need);
    placed.add(name);
  };
  for (const name of subject.plugins) place(name);
  return [...placed];
}

async function outcome(work: Promise<unknown>, code: string | null): Promise<void> {
  const got: unknown = await work.then(
    () => null,
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error)),
  );
  if (got !== code) throw new Error(`It should have ended with ${code ?? 'no error'}, and ended with ${String(got)}`);
}
