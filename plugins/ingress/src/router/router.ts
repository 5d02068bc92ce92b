import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { CertificateSet, RequestCounts, RouteTable } from '@containr/sdk/contracts';
import { CertificateSet as CertificateSetSchema, RouteTable as RouteTableSchema } from '@containr/sdk/contracts';
import type { Answer, IngressProgram, IngressStart, StateFile } from '@containr/sdk/ingress';
import {
  badRequest,
  emptyTable,
  listenOn,
  noCertificates,
  openStateFile,
  Passwords,
  refuseStale,
  sendAnswer,
  serviceNotLive,
} from '@containr/sdk/ingress';
import { Certificates } from './certificates.ts';
import type { Decision } from './decide.ts';
import { decide } from './decide.ts';
import { Counts } from './counts.ts';
import { forward } from './forward.ts';
import type { FrontHandlers } from './front.ts';
import { createFront } from './front.ts';
import { Held } from './held.ts';
import type { Head } from './request-head.ts';
import { BadHead, readHead } from './request-head.ts';
import type { CompiledRoute } from './table.ts';
import { compileTable, findRoute } from './table.ts';
import { TlsFront } from './tls-front.ts';
import { refuseUpgrade, tunnel } from './tunnel.ts';
import { Upstreams } from './upstreams.ts';

/** The built-in ingress: carries requests to replicas by a table in memory that is switched as a whole. */
export class Router implements IngressProgram {
  readonly #options: IngressStart;
  readonly #upstreams = new Upstreams();
  readonly #passwords = new Passwords();
  readonly #held = new Held();
  readonly #counts = new Counts();
  readonly #certificates = new Certificates();
  readonly #keptTable: StateFile<RouteTable>;
  readonly #keptCertificates: StateFile<CertificateSet>;
  readonly #plain: Server;
  readonly #tls: TlsFront;
  readonly #tunnels = new Set<Duplex>();
  readonly #refused = new WeakSet<Duplex>();
  readonly #life = randomUUID();
  #table = compileTable(emptyTable);
  /** Resolves when nothing is open any more, once it has retired. */
  #closed: Promise<unknown> | undefined;

  constructor(options: IngressStart) {
    this.#options = options;
    this.#keptTable = openStateFile(options.state, RouteTableSchema);
    this.#keptCertificates = openStateFile(`${options.state}.certificates`, CertificateSetSchema);
    const handlers: FrontHandlers = {
      serve: (request, response, expectsContinue) => this.#serve(request, response, expectsContinue),
      upgrade: (request, socket, rest) => this.#upgrade(request, socket, rest),
      isRefused: (socket) => this.#refused.has(socket),
    };
    this.#plain = createFront(handlers);
    this.#tls = new TlsFront(options, handlers, (host) => this.#certificates.contextFor(host));
  }

  /** The port that plain requests arrive at. */
  get port(): number {
    return (this.#plain.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  /** Loads what was kept, then listens. Throws `PORT_IN_USE`, `PORT_FORBIDDEN`, `ADDRESS_INVALID`. */
  async start(): Promise<void> {
    this.#certificates.follow(await this.#keptCertificates.load(noCertificates));
    this.#table = compileTable(await this.#keptTable.load(emptyTable));
    const { port, host, isShared } = this.#options;
    await listenOn(this.#plain, port, host, isShared);
    await this.#tls.follow(this.#table.document.tlsPort ?? null);
  }

  /** Switches to a table: requests that arrive from now on follow it. Throws `STALE` for a lower revision. */
  async apply(table: RouteTable): Promise<number> {
    refuseStale('the route table', table.revision, this.#table.document.revision);
    const next = compileTable(table);
    this.#table = next;
    this.#upstreams.follow(next);
    this.#counts.follow(next);
    this.#held.wake();
    await this.#tls.follow(table.tlsPort ?? null);
    await this.#keptTable.save(table);
    return table.revision;
  }

  /** Answers new connections with these certificates. Throws `STALE` for a lower revision. */
  async certify(set: CertificateSet): Promise<number> {
    refuseStale('the certificates', set.revision, this.#certificates.revision);
    this.#certificates.follow(set);
    await this.#keptCertificates.save(set);
    return set.revision;
  }

  /** The table that is followed. */
  table(): RouteTable {
    return this.#table.document;
  }

  /** Requests and tunnels still open by replica. */
  inFlight(): Record<string, number> {
    return this.#upstreams.inFlight;
  }

  /** Requests by route and answer, of this process. */
  counts(): RequestCounts {
    return { life: this.#life, routes: this.#counts.read() };
  }

  /** What the agent asks to know which process this is, and how it is. */
  health(): Record<string, unknown> {
    return {
      status: 'ok',
      pid: process.pid,
      version: this.#options.version,
      port: this.port,
      host: this.#options.host,
      revision: this.#table.document.revision,
      certificates: this.#certificates.revision,
      note: this.#tls.note,
    };
  }

  /** Takes no new connections; a connection that is open is closed with its next answer, or by its client. */
  async retire(): Promise<void> {
    if (this.#closed) return;
    // Right after connections were accepted: one that waits when the port is closed would be reset.
    await new Promise((resolve) => setImmediate(resolve));
    this.#closed = Promise.all([
      // Not the HTTP server's own, which closes connections that a client may be about to use.
      new Promise<void>((resolve) => NetServer.prototype.close.call(this.#plain, () => resolve())),
      this.#tls.retire(),
    ]);
  }

  /** Takes no new requests, lets running ones end until the deadline, then closes everything. */
  async stop(deadlineMs: number): Promise<void> {
    const isRetired = this.#closed !== undefined;
    await this.retire();
    if (!isRetired) {
      this.#plain.closeIdleConnections();
      this.#tls.closeIdle();
    }
    const timer = setTimeout(() => {
      this.#plain.closeAllConnections();
      this.#tls.closeAll();
      for (const socket of this.#tunnels) socket.destroy();
    }, deadlineMs);
    await this.#closed;
    clearTimeout(timer);
    for (const socket of this.#tunnels) socket.destroy();
    await this.#upstreams.destroy();
  }

  #decide(request: IncomingMessage, head: Head): Decision | Promise<Decision> {
    const { socket } = request;
    const serverName = 'servername' in socket ? socket.servername : undefined;
    return decide({
      table: this.#table,
      head,
      authorization: request.headers.authorization,
      passwords: this.#passwords,
      tlsPort: this.#tls.port,
      isSecure: socket instanceof TLSSocket,
      isMisdirected:
        typeof serverName === 'string' &&
        this.#certificates.nameFor(serverName.toLowerCase()) !== this.#certificates.nameFor(head.host),
    });
  }

  /** Acts on the decision about a request, which is made anew where it was held. */
  #settle(request: IncomingMessage, head: Head, act: (decision: Decision) => void): void {
    const go = (decision: Decision): void => {
      if (!('route' in decision) || decision.route.held <= Date.now() || request.socket.destroyed) return act(decision);
      void this.#held.wait(decision.route.held).then(() => this.#settle(request, head, act));
    };
    const decision = this.#decide(request, head);
    if (decision instanceof Promise) void decision.then(go);
    else go(decision);
  }

  #look(head: Head): () => CompiledRoute | undefined {
    return () => findRoute(this.#table, head.host, head.target);
  }

  #serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    if (this.#closed) response.shouldKeepAlive = false;
    const head = headOf(request);
    if ('status' in head) {
      this.#refused.add(request.socket);
      response.shouldKeepAlive = false;
      return sendAnswer(request, response, head);
    }
    const route = this.#look(head)();
    let failed = false;
    response.once('close', () => this.#counts.add(route, failed || !response.headersSent ? null : response.statusCode));
    const act = (decision: Decision): void => {
      if (response.destroyed) return;
      if ('route' in decision && decision.route.upstreams.length > 0)
        return forward(this.#upstreams, {
          request,
          response,
          head,
          look: this.#look(head),
          expectsContinue,
          failed: () => (failed = true),
        });
      // A body that nobody reads must not be taken for the next request.
      if (head.hasBody) response.shouldKeepAlive = false;
      sendAnswer(request, response, 'route' in decision ? serviceNotLive(head.host) : decision);
    };
    this.#settle(request, head, act);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, rest: Buffer): void {
    socket.on('error', () => socket.destroy());
    const head = headOf(request);
    if ('status' in head) return refuseUpgrade(socket, head);
    if (head.hasBody)
      return refuseUpgrade(socket, badRequest('UPGRADE_INVALID', 'A request for an upgrade has no body.'));
    const route = this.#look(head)();
    const answered = (status: number | null): void => this.#counts.add(route, status);
    const act = (decision: Decision): void => {
      if (socket.destroyed) return answered(null);
      const own = 'route' in decision ? serviceNotLive(head.host) : decision;
      if (!('route' in decision) || decision.route.upstreams.length === 0) {
        answered(own.status);
        return refuseUpgrade(socket, own);
      }
      this.#tunnels.add(socket);
      socket.once('close', () => this.#tunnels.delete(socket));
      if (socket instanceof Socket) socket.setTimeout(0);
      tunnel(this.#upstreams, { request, socket, rest, head, look: this.#look(head), answered });
    };
    this.#settle(request, head, act);
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
