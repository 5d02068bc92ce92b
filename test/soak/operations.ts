import fc from 'fast-check';
import type { Subject } from './subject.ts';

const verbs = ['enable', 'disable', 'replace', 'crash'] as const;

/** One thing that is done to one plugin; `crash`: it is set up anew and throws at the end of its set-up. */
export interface Operation {
  readonly verb: (typeof verbs)[number];
  readonly plugin: string;
}

/** Random operations on these plugins. */
export function operations(plugins: readonly string[], most: number): fc.Arbitrary<readonly Operation[]> {
  const one = fc.record({ verb: fc.constantFrom(...verbs), plugin: fc.constantFrom(...plugins) });
  return fc.array(one, { minLength: 1, maxLength: most, size: 'max' });
}

/** What the lifecycle should be after any operations: which plugins are wanted, and which of them failed. */
export class Expected {
  readonly #subject: Subject;
  readonly #wanted: Set<string>;
  readonly #failed = new Set<string>();

  constructor(subject: Subject) {
    this.#subject = subject;
    this.#wanted = new Set(subject.packages.map(({ name }) => name));
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
    const { test, crashing } = this.#subject;
    const { lifecycle } = test.platform;
    const needed = this.#subject.needs(plugin).every((need) => this.isOn(need));
    const on = this.isOn(plugin);
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
        await outcome(lifecycle.replace(plugin), on ? null : 'CONFLICT_PLUGIN_OFF');
        break;
      case 'crash':
        crashing.add(plugin);
        try {
          // A replacement that crashes leaves the old one; a start that crashes leaves nothing.
          if (on) await outcome(lifecycle.replace(plugin), 'CONFLICT_PLUGIN_FAILED');
          else if (needed) {
            await outcome(lifecycle.enable(plugin), 'CONFLICT_PLUGIN_FAILED');
            this.#wanted.add(plugin);
            this.#failed.add(plugin);
          }
        } finally {
          crashing.delete(plugin);
        }
    }
  }

  /** Turns everything on again, needs first. */
  async restore(): Promise<void> {
    for (const { name } of inOrder(this.#subject))
      if (!this.isOn(name)) await this.run({ verb: 'enable', plugin: name });
  }

  /** Plugins that are on and should not be, or the other way round. */
  wrong(): readonly string[] {
    return this.#subject.test.platform.lifecycle
      .list()
      .filter(({ name, state }) => (state === 'active') !== this.isOn(name))
      .map(({ name, state }) => `${name} is ${state}, and should ${this.isOn(name) ? '' : 'not '}be active`);
  }

  #becomeWanted(plugin: string): void {
    this.#wanted.add(plugin);
    this.#failed.delete(plugin);
  }
}

/** Plugins, each after those that it needs. */
function inOrder(subject: Subject): readonly { name: string }[] {
  const placed = new Set<string>();
  const place = (name: string): void => {
    if (placed.has(name)) return;
    for (const need of subject.needs(name)) place(need);
    placed.add(name);
  };
  for (const { name } of subject.packages) place(name);
  return [...placed].map((name) => ({ name }));
}

async function outcome(work: Promise<unknown>, code: string | null): Promise<void> {
  const got: unknown = await work.then(
    () => null,
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error)),
  );
  if (got !== code) throw new Error(`It should have ended with ${code ?? 'no error'}, and ended with ${String(got)}`);
}
