import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer } from '@containr/sdk/node-http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as after } from 'node:timers/promises';
import type { ContainrError, Logger } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import { ApiResponse } from './api-response.ts';
import type { Front } from './front.ts';
import type { Mount } from './mount.ts';
import { answerProblem, problemOf, requestIdOf, toContainrError } from './problem.ts';
import { ConsoleMessage } from './request-context.ts';
import { apiBase } from './route.ts';

const prefix = `${apiBase}/`;
const retirePollMs = 100;

/** What stands at an address where no mount is: the plugin that would answer, when it is off. */
export type Explain = (kind: 'segment' | 'root', name: string) => ContainrError | null;

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  readonly log: Logger;
  readonly explain: Explain;
  /** What requests pass first. */
  readonly front?: Front;
  /** Answers what is neither API nor a root: the dashboard. */
  page(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Takes over upgrades of one exact path, beside the mounts' sockets. */
  readonly upgrades: ReadonlyMap<string, (request: IncomingMessage, socket: Duplex, head: Buffer) => void>;
}

/** Leads each request to the mount that claimed its first path segment. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #segments = new Map<string, Mount>();
  readonly #roots = new Map<string, Mount>();
  readonly #servers: Server[] = [];
  #closed: Promise<void> | undefined;
  #retiring = false;
  /** Grows with each change of the mounts. */
  generation = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** All mounts now. */
  get mounts(): readonly Mount[] {
    return [...new Set([...this.#segments.values(), ...this.#roots.values()])];
  }

  /** Puts a mount in the map; from now on it answers, instead of whatever had its names. */
  enter(mount: Mount): void {
    for (const segment of mount.segments) this.#segments.set(segment, mount);
    for (const root of mount.roots) this.#roots.set(root, mount);
    this.generation += 1;
  }

  /** Takes a mount out of the map where it still is the one that answers. */
  leave(mount: Mount): void {
    for (const segment of mount.segments) if (this.#segments.get(segment) === mount) this.#segments.delete(segment);
    for (const root of mount.roots) if (this.#roots.get(root) === mount) this.#roots.delete(root);
    this.generation += 1;
  }

  /** Listens on TCP; gives the port. Rejects with the system's error, for example `EADDRINUSE`. */
  async listen(host: string, port: number): Promise<number> {
    const server = this.#server({});
    server.listen(port, host);
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address ? address.port : port;
  }

  /** Listens on a Unix socket that only the owner can open; who asks there is the console. `shared`: another process still listens there. */
  async listenConsole(path: string, options: { shared?: boolean } = {}): Promise<void> {
    if (!options.shared) rmSync(path, { force: true });
    const server = this.#server({ IncomingMessage: ConsoleMessage });
    const before = process.umask(0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(before);
    }
    await once(server, 'listening');
    chmodSync(path, 0o600);
  }

  /**
   * Leaves the sockets to another process that listens there too. Ends streams with where to resume; requests on open
   * connections are answered with the wish to close them. Resolves when all are closed; after `lingerMs` when no request is
   * being answered any more, or after `patienceMs`. An idle connection is not cut before, because its next request may be
   * under way.
   */
  async retire(lingerMs: number, patienceMs = 600_000): Promise<void> {
    this.#retiring = true;
    const began = performance.now();
    let open = true;
    const closed = Promise.all(
      this.#servers.map((server) => {
        const gone = once(server, 'close');
        // The HTTP server's own close cuts idle connections at once.
        NetServer.prototype.close.call(server);
        return gone;
      }),
    ).then(() => (open = false));
    const spent = (): number => performance.now() - began;
    const answering = (): boolean => spent() < lingerMs || this.mounts.some((mount) => mount.answering > 0);
    while (open && spent() < patienceMs && answering()) {
      for (const mount of this.mounts) mount.endStreams();
      await Promise.race([closed, after(retirePollMs, undefined, { ref: false })]);
    }
  }

  /** Stops listening and closes what is idle; waits for the rest up to the deadline. */
  close(deadlineMs: number): Promise<void> {
    this.#closed ??= this.#close(deadlineMs);
    return this.#closed;
  }

  async #close(deadlineMs: number): Promise<void> {
    await Promise.all(
      this.#servers.map(async (server) => {
        const closed = once(server, 'close');
        server.close();
        server.closeIdleConnections();
        const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
        await closed;
        clearTimeout(timer);
      }),
    );
  }

  /** Serves one request. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    if (this.#retiring) response.setHeader('connection', 'close');
    if (this.#options.front?.receive(request, response)) return undefined;
    const url = request.url ?? '/';
    const mount = this.#find(url);
    if (mount) return mount.serve(request, response);
    const error = this.#absent(url);
    if (error) return answerProblem(request, response, error);
    this.#options.page(request, response).catch((thrown: unknown) => {
      this.#options.log.error({ error: thrown, path: url }, 'The dashboard could not be served');
      if (response.headersSent) response.destroy();
      else answerProblem(request, response, toContainrError(thrown));
    });
    return undefined;
  }

  #server(options: { IncomingMessage?: typeof ConsoleMessage }): Server {
    const server = createServer(
      { ...options, ServerResponse: ApiResponse, requestTimeout: 0, headersTimeout: 30_000, keepAliveTimeout: 65_000 },
      (request, response) => this.serve(request, response),
    );
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#servers.push(server);
    return server;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.#options.front?.receiveUpgrade(request);
    const url = request.url ?? '/';
    const own = this.#options.upgrades.get(firstPart(url, 0, '?'));
    if (own) return own(request, socket, head);
    const mount = this.#find(url);
    if (mount) return mount.upgrade(request, socket, head);
    const error = this.#absent(url) ?? notFound('address');
    const body = JSON.stringify(problemOf(error, requestIdOf(request)));
    socket.end(
      `HTTP/1.1 ${error.status} ${error.code}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
    return undefined;
  }

  #find(url: string): Mount | undefined {
    if (url.startsWith(prefix)) return this.#segments.get(segmentAt(url, prefix.length));
    return this.#roots.get(segmentAt(url, 1));
  }

  #absent(url: string): ContainrError | null {
    if (!url.startsWith(prefix))
      return this.#options.explain('root', segmentAt(url, 1)) ?? (url.startsWith('/api') ? notFound('address') : null);
    return this.#options.explain('segment', segmentAt(url, prefix.length)) ?? notFound('address');
  }
}

function segmentAt(url: string, start: number): string {
  for (let at = start; at < url.length; at += 1) {
    const code = url.charCodeAt(at);
    if (code === 47 || code === 63) return url.slice(start, at);
  }
  return url.slice(start);
}

function firstPart(text: string, start: number, end: string): string {
  const at = text.indexOf(end, start);
  return at < 0 ? text.slice(start) : text.slice(start, at);
}
