import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { isContainrError } from '@containr/sdk';
import type { ContextFor, FrontHandlers } from './front.ts';
import { createFront } from './front.ts';
import { listenOn } from '@containr/sdk/ingress';

/** The HTTPS port of a router: opened, moved and closed as the table says, without a word to the other port. */
export class TlsFront {
  readonly #place: { readonly host: string; readonly isShared: boolean };
  readonly #handlers: FrontHandlers;
  readonly #contextFor: ContextFor;
  #server: Server | undefined;
  #port: number | null = null;
  #note: string | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    place: { readonly host: string; readonly isShared: boolean },
    handlers: FrontHandlers,
    contextFor: ContextFor,
  ) {
    this.#place = place;
    this.#handlers = handlers;
    this.#contextFor = contextFor;
  }

  /** The port that HTTPS is served at now; `null`: none. */
  get port(): number | null {
    return this.#port;
  }

  /** Why there is no HTTPS although it is asked for. */
  get note(): string | null {
    return this.#note;
  }

  /** Listens at a port, or at none; one that can't be opened is a {@link note} and tried again with the next table. */
  follow(port: number | null): Promise<void> {
    const turn = this.#turn.then(() => this.#move(port));
    this.#turn = turn;
    return turn;
  }

  async #move(port: number | null): Promise<void> {
    if (port === this.#port) return;
    const before = this.#server;
    this.#note = null;
    if (port !== null) {
      const server = createFront(this.#handlers, this.#contextFor);
      try {
        await listenOn(server, port, this.#place.host, this.#place.isShared);
        this.#server = server;
      } catch (error) {
        this.#note = isContainrError(error)
          ? `${error.message} HTTPS is not served there.`
          : 'The port of HTTPS could not be opened.';
        return;
      }
    } else this.#server = undefined;
    this.#port = port;
    // Connections that are open end by themselves; only new ones go to the new port.
    before?.close();
    before?.closeIdleConnections();
  }

  /** Takes no new connections; resolves when the last one has ended. */
  async retire(): Promise<void> {
    await this.#turn;
    const server = this.#server;
    if (server) await new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  }

  /** Ends connections without a request. */
  closeIdle(): void {
    this.#server?.closeIdleConnections();
  }

  /** Ends all connections. */
  closeAll(): void {
    this.#server?.closeAllConnections();
  }
}
