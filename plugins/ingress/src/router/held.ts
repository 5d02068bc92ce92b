/** Requests that wait: until the next table, or a moment. */
export class Held {
  readonly #waiting = new Set<() => void>();

  /** Resolves at the next table, or at a moment in ms since 1970, whichever comes first. */
  wait(until: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, until - Date.now()));
      this.#waiting.add(done);
    });
  }

  /** Lets all look again. */
  wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}
