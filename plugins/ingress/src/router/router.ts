import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ContainrError } from '@containr/sdk';
import type { RouteTable } from '@containr/sdk/contracts';
import type { Answer } from './answers.ts';
import { answerBytes, badRequest, routeUnknown, sendAnswer, serviceNotLive } from './answers.ts';
import { createControl } from './control.ts';
import { forward } from './forward.ts';
import { listenAt, listenOn } from './listen.ts';
import type { Head } from './request-head.ts';
import { BadHead, readHead } from './request-head.ts';
import type { StateFile } from './state-file.ts';
import { openStateFile } from './state-file.ts';
import type { CompiledRoute } from './table.ts';
import { compileTable, findRoute } from './table.ts';
import { refuseUpgrade, tunnel } from './tunnel.ts';
import { Upstreams } from './upstreams.ts';

/** How a router is started. */
export interface RouterOptions {
  readonly port: number;
  readonly host: string;
  /** Path of the control socket. */
  readonly socket: string;
  /** Path of the file that keeps the last table. */
  readonly state: string;
  /** Names the code that runs, so that the agent sees when there is newer one. */
  readonly version: string;
}

const limits = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 15_000,
  requestTimeout: 0,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5000,
} as const;
const idleMs = 900_000;
const maxConnections = 20_000;

const protocolAnswers: Readonly<Record<string, Answer>> = {
  HPE_HEADER_OVERFLOW: badRequest('HEADERS_TOO_LARGE', 'The request headers are larger than 32 KiB.', 431),
  ERR_HTTP_REQUEST_TIMEOUT: badRequest('REQUEST_TIMEOUT', 'The request took too long to arrive.', 408),
};

/** The built-in ingress: carries requests to replicas by a table in memory that is switched as a whole. */
export class Router {
  readonly #options: RouterOptions;
  readonly #upstreams = new Upstreams();
  readonly #state: StateFile;
  readonly #server: Server;
  readonly #control: Server;
  readonly #tunnels = new Set<Duplex>();
  /** Connections that got their last answer: what still arrives on them is not answered a second time. */
  readonly #refused = new WeakSet<Duplex>();
  #table = compileTable({ revision: 0, routes: [] });

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#state = openStateFile(options.state);
    const shouldUpgradeCallback = (request: IncomingMessage): boolean =>
      request.headers.upgrade?.toLowerCase() === 'websocket';
    this.#server = createServer({ ...limits, shouldUpgradeCallback }, (request, response) =>
      this.#serve(request, response, false),
    );
    this.#server.maxConnections = maxConnections;
    this.#server.setTimeout(idleMs);
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      this.#serve(request, response, true),
    );
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, rest: Buffer) =>
      this.#upgrade(request, socket, rest),
    );
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      const answer =
        protocolAnswers[error.code ?? ''] ?? badRequest('REQUEST_INVALID', 'What arrived is not a valid HTTP request.');
      if (this.#refused.has(socket)) socket.end(() => socket.destroy());
      else if (socket.writable && error.code !== 'ECONNRESET')
        socket.end(answerBytes(answer), 'latin1', () => socket.destroy());
      else socket.destroy();
    });
    this.#control = createControl({
      apply: (table) => this.apply(table),
      table: () => this.#table.document,
      inFlight: () => this.#upstreams.inFlight,
      health: () => ({
        status: 'ok',
        pid: process.pid,
        version: options.version,
        port: this.port,
        host: options.host,
        revision: this.#table.document.revision,
      }),
    });
  }

  /** The port that requests arrive at. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  /** Loads the last table, then listens. Throws `PORT_IN_USE`, `PORT_FORBIDDEN`, `ADDRESS_INVALID`, `ROUTER_RUNNING`. */
  async start(): Promise<void> {
    this.#table = compileTable(await this.#state.load());
    await listenOn(this.#server, this.#options.port, this.#options.host);
    await listenAt(this.#control, this.#options.socket);
  }

  /** Switches to a table: requests that arrive from now on follow it. Throws `STALE` for a lower revision. */
  async apply(table: RouteTable): Promise<number> {
    const { revision } = this.#table.document;
    if (table.revision < revision) {
      throw new ContainrError({
        code: 'STALE',
        status: 412,
        detail: `Revision ${table.revision} of the route table is older than the applied ${revision}.`,
        hint: 'Read the newest table and apply that.',
      });
    }
    const next = compileTable(table);
    this.#table = next;
    this.#upstreams.follow(next);
    await this.#state.save(table);
    return table.revision;
  }

  /** Takes no new requests, lets running ones end until the deadline, then closes everything. */
  async stop(deadlineMs: number): Promise<void> {
    this.#control.close();
    this.#control.closeAllConnections();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), deadlineMs);
    await closed;
    clearTimeout(timer);
    for (const socket of this.#tunnels) socket.destroy();
    await this.#upstreams.destroy();
  }

  #route(head: Head): CompiledRoute | Answer {
    const route = findRoute(this.#table, head.host, head.target);
    if (!route) return routeUnknown(head.host);
    return route.upstreams.length === 0 ? serviceNotLive(head.host) : route;
  }

  #serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const head = headOf(request);
    if ('status' in head) {
      this.#refused.add(request.socket);
      response.shouldKeepAlive = false;
      return sendAnswer(request, response, head);
    }
    const route = this.#route(head);
    if ('status' in route) {
      // A body that nobody reads must not be taken for the next request.
      if (head.hasBody) response.shouldKeepAlive = false;
      return sendAnswer(request, response, route);
    }
    const look = (): CompiledRoute | undefined => findRoute(this.#table, head.host, head.target);
    forward(this.#upstreams, { request, response, head, look, expectsContinue });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, rest: Buffer): void {
    socket.on('error', () => socket.destroy());
    const head = headOf(request);
    if ('status' in head) return refuseUpgrade(socket, head);
    if (head.hasBody)
      return refuseUpgrade(socket, badRequest('UPGRADE_INVALID', 'A request for an upgrade has no body.'));
    const route = this.#route(head);
    if ('status' in route) return refuseUpgrade(socket, route);
    this.#tunnels.add(socket);
    socket.once('close', () => this.#tunnels.delete(socket));
    if (socket instanceof Socket) socket.setTimeout(0);
    const look = (): CompiledRoute | undefined => findRoute(this.#table, head.host, head.target);
    tunnel(this.#upstreams, { request, socket, rest, head, look });
  }
}

function headOf(request: IncomingMessage): Head | Answer {
  try {
    return readHead(request);
  } catch (error) {
    return error instanceof BadHead
      ? badRequest(error.code, error.message)
      : badRequest('REQUEST_INVALID', 'The request could not be read.');
  }
}
