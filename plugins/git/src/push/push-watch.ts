/** Which services are being pushed to now, so that the sweep does not take a push in progress for a lost one. */
export class PushWatch {
  readonly #running = new Map<string, number>();

  /** Counts one push; the returned function ends it. */
  enter(service: string): () => void {
    this.#running.set(service, (this.#running.get(service) ?? 0) + 1);
    return () => {
      const left = (this.#running.get(service) ?? 1) - 1;
      if (left > 0) this.#running.set(service, left);
      else this.#running.delete(service);
    };
  }

  /** Whether a push to this service runs. */
  has(service: string): boolean {
    return this.#running.has(service);
  }
}
