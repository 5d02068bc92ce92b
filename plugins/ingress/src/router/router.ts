import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { ContainrError } from '@containr/sdk';
import type { CertificateSet, RouteTable } from '@containr/sdk/contracts';
import { CertificateSet as CertificateSetSchema, RouteTable as RouteTableSchema } from '@containr/sdk/contracts';
import type { Answer } from './answers.ts';
import { badRequest, sendAnswer, serviceNotLive } from './answers.ts';
import { Certificates, noCertificates } from './certificates.ts';
import { createControl } from './control.ts';
import type { Decision } from './decide.ts';
import { decide } from './decide.ts';
import { forward } from './forward.ts';
import type { FrontHandlers } from './front.ts';
import { createFront } from './front.ts';
import { listenAt, listenOn } from './listen.ts';
import { Passwords } from './passwords.ts';
import type { Head } from './request-head.ts';
import { BadHead, readHead } from './request-head.ts';
import type { StateFile } from './state-file.ts';
import { openStateFile } from './state-file.ts';
import type { CompiledRoute } from './table.ts';
import { compileTable, emptyTable, findRoute } from './table.ts';
import { TlsFront } from './tls-front.ts';
import { refuseUpgrade, tunnel } from './tunnel.ts';
import { Upstreams } from './upstreams.ts';

/** How a router is started. */
export interface RouterOptions {
  readonly port: number;
  readonly host: string;
  /** Path of the control socket. */
  readonly socket: string;
  /** Path of the file that keeps the last table; the certificates are kept beside it. */
  readonly state: string;
  /** Names the code that runs, so that the agent sees when there is newer one. */
  readonly version: string;
}

/** The built-in ingress: carries requests to replicas by a table in memory that is switched as a whole. */
export class Router {
  readonly #options: RouterOptions;
  readonly #upstreams = new Upstreams();
  readonly #passwords = new Passwords();
  readonly #certificates = new Certificates();
  readonly #keptTable: StateFile<RouteTable>;
  readonly #keptCertificates: StateFile<CertificateSet>;
  readonly #plain: Server;
  readonly #tls: TlsFront;
  readonly #control: Server;
  readonly #tunnels = new Set<Duplex>();
  readonly #refused = new WeakSet<Duplex>();
  #table = compileTable(emptyTable);

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#keptTable = openStateFile(options.state, RouteTableSchema);
    this.#keptCertificates = openStateFile(`${options.state}.certificates`, CertificateSetSchema);
    const handlers: FrontHandlers = {
      serve: (request, response, expectsContinue) => this.#serve(request, response, expectsContinue),
      upgrade: (request, socket, rest) => this.#upgrade(request, socket, rest),
      isRefused: (socket) => this.#refused.has(socket),
    };
    this.#plain = createFront(handlers);
    this.#tls = new TlsFront(options.host, handlers, (host) => this.#certificates.contextFor(host));
    this.#control = createControl({
      apply: (table) => this.apply(table),
      certify: (set) => this.certify(set),
      table: () => this.#table.document,
      inFlight: () => this.#upstreams.inFlight,
      health: () => ({
        status: 'ok',
        pid: process.pid,
        version: options.version,
        port: this.port,
        host: options.host,
        revision: this.#table.document.revision,
        certificates: this.#certificates.revision,
        note: this.#tls.note,
      }),
    });
  }

  /** The port that plain requests arrive at. */
  get port(): number {
    return (this.#plain.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  /** Loads what was kept, then listens. Throws `PORT_IN_USE`, `PORT_FORBIDDEN`, `ADDRESS_INVALID`, `ROUTER_RUNNING`. */
  async start(): Promise<void> {
    this.#certificates.follow(await this.#keptCertificates.load(noCertificates));
    this.#table = compileTable(await this.#keptTable.load(emptyTable));
    await listenOn(this.#plain, this.#options.port, this.#options.host);
    await this.#tls.follow(this.#table.document.tlsPort ?? null);
    await listenAt(this.#control, this.#options.socket);
  }

  /** Switches to a table: requests that arrive from now on follow it. Throws `STALE` for a lower revision. */
  async apply(table: RouteTable): Promise<number> {
    refuseStale('the route table', table.revision, this.#table.document.revision);
    const next = compileTable(table);
    this.#table = next;
    this.#upstreams.follow(next);
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

  /** Takes no new requests, lets running ones end until the deadline, then closes everything. */
  async stop(deadlineMs: number): Promise<void> {
    this.#control.close();
    this.#control.closeAllConnections();
    const closed = Promise.all([new Promise<void>((resolve) => this.#plain.close(() => resolve())), this.#tls.stop()]);
    this.#plain.closeIdleConnections();
    const timer = setTimeout(() => {
      this.#plain.closeAllConnections();
      this.#tls.closeAll();
    }, deadlineMs);
    await closed;
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

  #look(head: Head): () => CompiledRoute | undefined {
    return () => findRoute(this.#table, head.host, head.target);
  }

  #serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const head = headOf(request);
    if ('status' in head) {
      this.#refused.add(request.socket);
      response.shouldKeepAlive = false;
      return sendAnswer(request, response, head);
    }
    const act = (decision: Decision): void => {
      if (response.destroyed) return;
      if ('route' in decision && decision.route.upstreams.length > 0)
        return forward(this.#upstreams, { request, response, head, look: this.#look(head), expectsContinue });
      // A body that nobody reads must not be taken for the next request.
      if (head.hasBody) response.shouldKeepAlive = false;
      sendAnswer(request, response, 'route' in decision ? serviceNotLive(head.host) : decision);
    };
    const decision = this.#decide(request, head);
    if (decision instanceof Promise) void decision.then(act);
    else act(decision);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, rest: Buffer): void {
    socket.on('error', () => socket.destroy());
    const head = headOf(request);
    if ('status' in head) return refuseUpgrade(socket, head);
    if (head.hasBody)
      return refuseUpgrade(socket, badRequest('UPGRADE_INVALID', 'A request for an upgrade has no body.'));
    const act = (decision: Decision): void => {
      if (socket.destroyed) return;
      if (!('route' in decision)) return refuseUpgrade(socket, decision);
      if (decision.route.upstreams.length === 0) return refuseUpgrade(socket, serviceNotLive(head.host));
      this.#tunnels.add(socket);
      socket.once('close', () => this.#tunnels.delete(socket));
      if (socket instanceof Socket) socket.setTimeout(0);
      tunnel(this.#upstreams, { request, socket, rest, head, look: this.#look(head) });
    };
    const decision = this.#decide(request, head);
    if (decision instanceof Promise) void decision.then(act);
    else act(decision);
  }
}

function refuseStale(what: string, offered: number, applied: number): void {
  if (offered >= applied) return;
  throw new ContainrError({
    code: 'STALE',
    status: 412,
    detail: `Revision ${offered} of ${what} is older than the applied ${applied}.`,
    hint: 'Read the newest and apply that.',
  });
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
