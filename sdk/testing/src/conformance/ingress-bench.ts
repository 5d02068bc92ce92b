import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { Agent as SecureAgent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type {
  CertificateSet,
  HostCertificate,
  RequestCounts,
  Route,
  RouteTable,
  Upstream,
} from '@containr/sdk/contracts';
import { WebSocket, WebSocketServer } from 'ws';

/** An ingress under test, on this machine. */
export interface IngressSubject {
  readonly port: number;
  /** A port that it can serve HTTPS at. */
  readonly tlsPort: number;
  apply(table: RouteTable): Promise<number>;
  certify(set: CertificateSet): Promise<number>;
  inFlight(): Promise<Record<string, number>>;
  counts(): Promise<RequestCounts>;
  /** Ends it in the middle of its work, and starts it from what it kept, with nobody there to tell it anything. */
  restart(): Promise<void>;
  /** Ends and removes everything. */
  remove(): Promise<void>;
}

/** What came back. */
export interface Got {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** How a visitor asks. */
export interface Asking {
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<string>;
  readonly isSecure?: boolean;
  readonly servername?: string;
  /** On a connection of its own. */
  readonly isAlone?: boolean;
}

/** How long bytes may take to come back. */
const patienceMs = 1500;

/** The host that most of the suite asks at. */
export const appHost = 'app.example.org';

/** Replicas and visitors of an ingress. */
export class IngressBench {
  readonly subject: IngressSubject;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #secureAgent = new SecureAgent({ keepAlive: true, maxSockets: 64, maxCachedSessions: 0 });
  readonly #servers: Server[] = [];
  #revision = 0;
  #certificates = 0;

  constructor(subject: IngressSubject) {
    this.subject = subject;
  }

  /** A replica that answers so. */
  async replica(listener: RequestListener): Promise<{ upstream: Upstream; server: Server }> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.push(server);
    const { port } = server.address() as AddressInfo;
    return { server, upstream: { replica: randomUUID(), node: 'test', address: '127.0.0.1', port } };
  }

  /** A replica that says its name, also to who sends it something over a WebSocket. */
  async named(name: string): Promise<Upstream> {
    const { upstream, server } = await this.replica((_request, response) => void response.end(name));
    new WebSocketServer({ server }).on('connection', (socket) =>
      socket.on('message', () => socket.send(name)).on('error', () => socket.terminate()),
    );
    return upstream;
  }

  /** An upstream that nobody listens at. */
  async dead(): Promise<Upstream> {
    const { upstream, server } = await this.replica(() => undefined);
    server.close();
    await once(server, 'close');
    return upstream;
  }

  /** Switches to a table of these routes. */
  async apply(routes: readonly Route[], more: Partial<RouteTable> = {}): Promise<void> {
    await this.subject.apply({
      tlsPort: this.subject.tlsPort,
      ...more,
      revision: ++this.#revision,
      routes: [...routes],
    });
  }

  /** Points the app's host to these upstreams. */
  point(...upstreams: Upstream[]): Promise<void> {
    return this.apply([routeTo(appHost, upstreams)]);
  }

  /** Gives certificates. */
  async certify(certificates: readonly HostCertificate[]): Promise<void> {
    await this.subject.certify({ revision: ++this.#certificates, certificates: [...certificates] });
  }

  /** One request. */
  async ask(path: string, asking: Asking = {}): Promise<Got> {
    const { host = appHost, method = 'GET', headers = {}, body, isSecure = false, servername = host } = asking;
    const { port, tlsPort } = this.subject;
    const options = { host: '127.0.0.1', path, method, headers: { host, ...headers } };
    const request = isSecure
      ? httpsRequest({
          ...options,
          port: tlsPort,
          servername,
          rejectUnauthorized: false,
          agent: asking.isAlone === true ? new SecureAgent({ maxCachedSessions: 0 }) : this.#secureAgent,
        })
      : httpRequest({ ...options, port, agent: asking.isAlone === true ? false : this.#agent });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    if (typeof body === 'object') {
      for await (const part of body) request.write(part);
      request.end();
    } else request.end(body);
    const [response] = await answered;
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    return { status: response.statusCode ?? 0, headers: response.headers, body: text };
  }

  /** Sends bytes as they are and gives all that comes back until the other side closes, `until` is in it, or nothing comes any more. */
  async raw(bytes: string, until?: string): Promise<{ text: string; isClosed: boolean }> {
    const socket = connect(this.subject.port, '127.0.0.1');
    socket.write(bytes, 'latin1');
    let [text, isClosed] = ['', true];
    const late = setTimeout(() => {
      isClosed = false;
      socket.destroy();
    }, patienceMs);
    try {
      for await (const chunk of socket.setEncoding('latin1')) {
        text += String(chunk);
        if (until !== undefined && text.includes(until)) break;
      }
    } catch {
      // Broken off by either side: what came until then is what came.
    }
    clearTimeout(late);
    socket.destroy();
    return { text, isClosed };
  }

  /** Opens a WebSocket. */
  async socket(host = appHost, isSecure = false): Promise<WebSocket> {
    const { port, tlsPort } = this.subject;
    const options = { headers: { host }, servername: host, rejectUnauthorized: false };
    const socket = new WebSocket(isSecure ? `wss://127.0.0.1:${tlsPort}/` : `ws://127.0.0.1:${port}/`, options);
    await once(socket, 'open');
    return socket;
  }

  /** Ends visitors and replicas. */
  end(): void {
    this.#agent.destroy();
    this.#secureAgent.destroy();
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }
}

/** A route of a service of its own. */
export function routeTo(host: string, upstreams: readonly Upstream[], more: Partial<Route> = {}): Route {
  return { host, path: '/', service: randomUUID(), deployment: null, upstreams: [...upstreams], ...more };
}

/** What a replica says over a WebSocket. */
export async function says(socket: WebSocket): Promise<string> {
  socket.send('who');
  return String((await once(socket, 'message'))[0]);
}
