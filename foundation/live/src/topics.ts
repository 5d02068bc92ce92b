import type { Disposer } from '@containr/sdk';
import type { TextListener } from './backend.ts';

/** Who listens in this process, by topic. */
export class Topics {
  readonly #listeners = new Map<string, Set<TextListener>>();

  /** Adds one; the disposer gives whether it was the topic's last. */
  add(topic: string, listener: TextListener): Disposer {
    const own = { message: (text: string) => listener.message(text), lost: () => listener.lost() };
    const all = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, all.add(own));
    return () => {
      all.delete(own);
      if (all.size === 0 && this.#listeners.get(topic) === all) this.#listeners.delete(topic);
    };
  }

  has(topic: string): boolean {
    return this.#listeners.has(topic);
  }

  tell(topic: string, text: string): void {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener.message(text);
  }

  /** Tells everybody that messages may be missing. */
  lost(): void {
    for (const listeners of [...this.#listeners.values()]) for (const listener of [...listeners]) listener.lost();
  }
}
