import { ContainrError } from './errors.ts';
import type { Meter } from './host/meter.ts';

/** Undoes one effect; awaited. */
export type Disposer = () => void | Promise<void>;

/** One owned effect. Disposing it early takes it out of its scope; a second time is a no-op. */
export interface Owned {
  readonly label: string;
  dispose(): Promise<void>;
}

/** What is known of an effect beside its label. */
export interface EffectDetail {
  /** What it is: `route`, `tap`, `job` …; `inner` for what a plugin is given without asking. */
  readonly kind: string;
  /** What it runs, measured, by label. */
  readonly handlers?: readonly { readonly label: string; readonly meter: Meter }[];
  /** How large it is now, in `unit`. */
  readonly size?: { readonly unit: string; now(): number };
}

/** One effect that a scope owns now. */
export interface Effect extends EffectDetail {
  readonly label: string;
}

/** What went wrong while one effect was undone; the others were undone all the same. */
export interface DisposalFailure {
  readonly label: string;
  readonly error: unknown;
}

/**
 * What a plugin owns while it is on: a labelled stack of effects, undone in reverse, one after another, each with a deadline.
 *
 * @example
 * const scope = new Scope('git');
 * const timer = setInterval(poll, 1000);
 * scope.own('timer poll', () => clearInterval(timer));
 * await scope.dispose();
 */
export class Scope {
  readonly name: string;
  readonly #deadlineMs: number;
  readonly #controller = new AbortController();
  #effects: (Effect & { undo: Disposer })[] = [];
  #closed: Promise<readonly DisposalFailure[]> | undefined;

  constructor(name: string, options: { deadlineMs?: number } = {}) {
    this.name = name;
    this.#deadlineMs = options.deadlineMs ?? 10_000;
  }

  /** Aborted when the scope closes. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Labels of what is owned now, oldest first. */
  get labels(): readonly string[] {
    return this.#effects.map((effect) => effect.label);
  }

  /** What is owned now, oldest first. */
  get effects(): readonly Effect[] {
    return this.#effects;
  }

  /** Takes ownership of an effect. Throws `SCOPE_CLOSED` once disposal has begun. */
  own(label: string, undo: Disposer, detail: EffectDetail = { kind: 'own' }): Owned {
    if (this.#closed) {
      throw new ContainrError({
        code: 'SCOPE_CLOSED',
        status: 503,
        detail: `${this.name} is stopping, so "${label}" can't be added.`,
        hint: 'Add effects in setup, or check ctx.signal first.',
      });
    }
    const effect = { ...detail, label, undo };
    this.#effects.push(effect);
    return { label, dispose: () => this.#undoOne(effect) };
  }

  /** Aborts the signal without undoing anything yet: what still runs is told to end. */
  abort(reason?: unknown): void {
    this.#controller.abort(
      reason ?? new ContainrError({ code: 'SCOPE_CLOSED', status: 503, detail: `${this.name} is stopping.` }),
    );
  }

  /** Undoes everything; returns what failed. A second call returns the first one's result. */
  dispose(): Promise<readonly DisposalFailure[]> {
    this.#closed ??= this.#disposeAll();
    return this.#closed;
  }

  async #undoOne(effect: Effect & { undo: Disposer }): Promise<void> {
    const at = this.#effects.indexOf(effect);
    if (at < 0) return;
    this.#effects.splice(at, 1);
    await effect.undo();
  }

  async #disposeAll(): Promise<readonly DisposalFailure[]> {
    this.abort();
    const failures: DisposalFailure[] = [];
    for (let effect = this.#effects.pop(); effect; effect = this.#effects.pop()) {
      const { label, undo } = effect;
      try {
        await withDeadline(Promise.resolve(undo()), this.#deadlineMs, label);
      } catch (error) {
        failures.push({ label, error });
      }
    }
    return failures;
  }
}

async function withDeadline(work: Promise<void>, ms: number, label: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`"${label}" was not undone within ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
