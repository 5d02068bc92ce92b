import type { Disposer, EffectDetail, Owned, Scope } from '@containr/sdk';

interface Contribution {
  readonly label: string;
  readonly enter: () => Disposer;
  leave: (() => Promise<void>) | undefined;
  dropped: boolean;
}

/**
 * What a plugin adds to the rest of the install. Nothing of it is seen before `goLive`, so that a set-up that throws leaves
 * nothing, and so that a replacement can be built beside the one that still serves.
 */
export class Contributions {
  readonly #scope: Scope;
  readonly #all: Contribution[] = [];
  #live = false;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Adds one; `enter` puts it in place and returns what takes it out again (at once) and waits until it is out of use. */
  add(label: string, detail: EffectDetail, enter: () => Disposer): Owned {
    const contribution: Contribution = { label, enter, leave: undefined, dropped: false };
    const leave = async (): Promise<void> => {
      contribution.dropped = true;
      await contribution.leave?.();
    };
    const owned = this.#scope.own(label, leave, detail);
    this.#all.push(contribution);
    if (this.#live) this.#enter(contribution);
    return owned;
  }

  /** Puts everything in place, in the order of registration; what was in place is taken out again when one throws. */
  goLive(): void {
    this.#live = true;
    try {
      for (const contribution of this.#all) this.#enter(contribution);
    } catch (error) {
      void this.leave();
      throw error;
    }
  }

  /** Takes everything out at once, newest first; resolves when nothing of it is in use. */
  async leave(): Promise<void> {
    await Promise.allSettled(this.#all.toReversed().map((contribution) => contribution.leave?.() ?? Promise.resolve()));
  }

  #enter(contribution: Contribution): void {
    if (contribution.dropped) return;
    const undo = contribution.enter();
    const { leave: before } = contribution;
    let left: Promise<void> | undefined;
    contribution.leave = () => (left ??= Promise.all([(async () => undo())(), before?.()]).then(() => undefined));
  }
}
