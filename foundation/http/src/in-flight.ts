import type { ServerResponse } from 'node:http';
import { errors } from './errors.ts';

/** Counts what a mount is answering now, and ends it when the mount leaves. */
export class InFlight {
  #requests = 0;
  #sockets = 0;
  #idle: (() => void) | undefined;
  readonly #aborts = new Set<AbortController>();
  readonly #streams = new Set<() => void>();
  readonly #left = (): void => {
    this.#requests -= 1;
    if (this.#requests === 0) this.#idle?.();
  };

  /** Requests and sockets open now. */
  get count(): number {
    return this.#requests;
  }

  /** Requests that are being answered now. */
  get answering(): number {
    return this.#requests - this.#sockets;
  }

  /** Counts a socket until it closes. */
  enterSocket(socket: { on(event: 'close', listener: () => void): unknown }): void {
    this.#sockets += 1;
    this.enter(socket);
    socket.on('close', () => (this.#sockets -= 1));
  }

  /** Counts a response until it closes. */
  enter(until: { on(event: 'close', listener: () => void): unknown }): void {
    this.#requests += 1;
    until.on('close', this.#left);
  }

  /** Aborts `controller` when the client leaves before the answer is finished, or when the mount is out of patience. */
  abortable(controller: AbortController, response: ServerResponse): void {
    if (response.destroyed) controller.abort(errors.CLIENT_LEFT());
    this.#aborts.add(controller);
    response.once('close', () => {
      this.#aborts.delete(controller);
      if (!response.writableFinished) controller.abort(errors.CLIENT_LEFT());
    });
  }

  /** Registers what ends a long stream politely; returns how to forget it. */
  stream(end: () => void): () => void {
    this.#streams.add(end);
    return () => this.#streams.delete(end);
  }

  /** Ends streams, each with where to resume. */
  endStreams(): void {
    for (const end of [...this.#streams]) end();
  }

  /** Ends streams, waits for requests up to the deadline, then aborts what is left and waits a second more. */
  async drain(deadlineMs: number): Promise<void> {
    this.endStreams();
    if (await this.#whenIdle(deadlineMs)) return;
    const reason = errors.SCOPE_CLOSED();
    for (const controller of [...this.#aborts]) controller.abort(reason);
    await this.#whenIdle(1000);
  }

  #whenIdle(deadlineMs: number): Promise<boolean> {
    if (this.#requests === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), deadlineMs);
      this.#idle = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
