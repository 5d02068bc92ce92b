import type { Hook, HookKind, Tap, TapResult } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { errors } from '../errors.ts';
import { Slot } from './slot.ts';
import type { TapRun } from './slot.ts';

const never = new AbortController().signal;

/** All hooks of the install, by name. A tap may come before its hook's owner is on. */
export class HookRegistry {
  readonly #slots = new Map<string, { slot: Slot; kind: HookKind }>();
  readonly #owners = new Map<string, { hook: Hook; plugin: string }>();

  /** Hooks that are defined now, with who taps them. */
  list(): readonly { name: string; kind: HookKind; summary: string; plugin: string; taps: readonly string[] }[] {
    return [...this.#owners.values()].map(({ hook, plugin }) => ({
      name: hook.name,
      kind: hook.kind,
      summary: hook.summary,
      plugin,
      taps: this.#slots.get(hook.name)?.slot.taps.map((tap) => tap.plugin) ?? [],
    }));
  }

  /** Who taps what now, also hooks that nobody defines yet. */
  taps(): readonly { hook: string; plugin: string; stage: number }[] {
    return [...this.#slots].flatMap(([hook, { slot }]) =>
      slot.taps.map(({ plugin, stage }) => ({ hook, plugin, stage })),
    );
  }

  /** Makes a hook known. Throws `HOOK_TAKEN` when another plugin has the name. */
  define(plugin: string, hook: Hook): () => void {
    const owner = this.#owners.get(hook.name);
    if (owner && owner.plugin !== plugin) throw errors.HOOK_TAKEN(plugin, hook.name, owner.plugin);
    const entry = { hook, plugin };
    this.#owners.set(hook.name, entry);
    return () => {
      if (this.#owners.get(hook.name) === entry) this.#owners.delete(hook.name);
    };
  }

  /** Adds a tap; the returned function takes it out at once and resolves when no run can reach it any more. */
  tap<K extends HookKind, P, R>(
    plugin: string,
    signal: AbortSignal,
    hook: Hook<K, P, R>,
    tap: Tap<K, P, R>,
    stage: number,
  ): () => Promise<void> {
    return this.#slot(hook).add({
      plugin,
      stage,
      call: (payload, run) => tap(payload as P, new BoundRun(run, signal)),
    });
  }

  /** Runs a hook. Throws `INVALID` for a payload that its schema refuses, and whatever a tap throws. */
  async run<K extends HookKind, P, R>(
    hook: Hook<K, P, R>,
    payload: P,
    signal: AbortSignal = never,
  ): Promise<TapResult<K, P, R>> {
    validate(hook.payload, payload, `The payload of ${hook.name}`);
    const result = await this.#slot(hook).run(payload, { signal });
    if (hook.kind === 'amend') validate(hook.payload, result, `What the taps of ${hook.name} made`);
    else if (hook.kind === 'choose' && result !== undefined)
      validate(hook.result, result, `The answer of ${hook.name}`);
    return result as TapResult<K, P, R>;
  }

  #slot(hook: { readonly name: string; readonly kind: HookKind }): Slot {
    const found = this.#slots.get(hook.name) ?? { slot: new Slot(hook.kind), kind: hook.kind };
    if (found.kind !== hook.kind) throw errors.HOOK_KIND(hook.name, found.kind, hook.kind);
    this.#slots.set(hook.name, found);
    return found.slot;
  }
}

/** Ends with the run or with the tap's own plugin, whichever is first; made only when a tap looks. */
class BoundRun implements TapRun {
  readonly #run: TapRun;
  readonly #own: AbortSignal;

  constructor(run: TapRun, own: AbortSignal) {
    this.#run = run;
    this.#own = own;
  }

  get signal(): AbortSignal {
    return AbortSignal.any([this.#run.signal, this.#own]);
  }
}
