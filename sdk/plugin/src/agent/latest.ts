/** Sends the latest value of each key: while one is on its way, newer ones wait and replace each other. */
export class Latest<V> {
  readonly #send: (value: V) => Promise<void>;
  readonly #waiting = new Map<string, V>();
  readonly #busy = new Set<string>();

  constructor(send: (value: V) => Promise<void>) {
    this.#send = send;
  }

  /** Queues a value; `send` does not throw. */
  put(key: string, value: V): void {
    this.#waiting.set(key, value);
    if (!this.#busy.has(key)) void this.#drain(key);
  }

  async #drain(key: string): Promise<void> {
    this.#busy.add(key);
    for (let value = this.#waiting.get(key); value !== undefined; value = this.#waiting.get(key)) {
      this.#waiting.delete(key);
      await this.#send(value);
    }
    this.#busy.delete(key);
  }
}
