import { ContainrError } from '@containr/sdk';

/** Streams that the child pulls from the host, by number: bodies of requests and answers, messages of sockets. */
export class Sources {
  readonly #iterators = new Map<number, AsyncIterator<unknown>>();
  #last = 0;

  /** Lets the child pull; the returned number is the child's only way to it. */
  add(source: AsyncIterable<unknown>): number {
    this.#last += 1;
    this.#iterators.set(this.#last, source[Symbol.asyncIterator]());
    return this.#last;
  }

  /** The next piece; `null` at the end. Throws `NOT_FOUND` for a number that is not the child's. */
  async next(source: number): Promise<unknown> {
    const iterator = this.#iterators.get(source);
    if (!iterator) {
      throw new ContainrError({ code: 'NOT_FOUND', status: 404, detail: `There is no open stream ${source}.` });
    }
    const step = await iterator.next();
    if (!step.done) return step.value;
    this.drop(source);
    return null;
  }

  /** Nobody pulls any more. */
  drop(source: number): void {
    const iterator = this.#iterators.get(source);
    this.#iterators.delete(source);
    void Promise.resolve(iterator?.return?.()).catch(() => undefined);
  }

  /** The child is gone: nobody pulls anything any more. */
  close(): void {
    for (const source of this.#iterators.keys()) this.drop(source);
  }
}
