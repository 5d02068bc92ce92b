import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { readFile, stat } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { randomUUID } from 'node:crypto';
import type { HostCertificate, Route, Upstream } from '@containr/sdk/contracts';
import { expect } from 'chai';
import { WebSocket, WebSocketServer } from 'ws';
import type { Bench, Got } from '../../test/bench.ts';
import { ask, startBench } from '../../test/bench.ts';
import { certificateOf } from '../../test/certificate.ts';
import { hashPassword } from '../password-hash.ts';
import { Router } from './router.ts';

const shop = 'shop.example.org';
const blog = 'blog.example.org';

async function freePort(): Promise<number> {
  const server = createNetServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function routeOf(host: string, upstreams: readonly Upstream[], more: Partial<Route> = {}): Route {
  return { host, path: '/', service: randomUUID(), deployment: null, upstreams: [...upstreams], ...more };
}

interface SecureGot extends Got {
  readonly serial: string;
}

describe('router: HTTPS', () => {
  let bench: Bench;
  let port: number;
  let revision = 0;
  let agent: Agent;
  let certificates: readonly HostCertificate[];

  async function apply(routes: readonly Route[], tlsPort: number | null = port): Promise<void> {
    await bench.router.apply({ revision: ++revision, routes: [...routes], tlsPort });
  }

  async function secure(
    host: string,
    path = '/',
    options: { servername?: string; headers?: Record<string, string>; agent?: Agent; at?: number } = {},
  ): Promise<SecureGot> {
    const request = httpsRequest({
      agent: options.agent ?? agent,
      host: '127.0.0.1',
      port: options.at ?? port,
      path,
      servername: options.servername ?? host,
      headers: { host, ...options.headers },
      rejectUnauthorized: false,
    }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const serial = new X509Certificate((response.socket as TLSSocket).getPeerCertificate().raw).serialNumber;
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
    return { status: response.statusCode ?? 0, headers: response.headers, body, serial };
  }

  before(async () => {
    certificates = await Promise.all([shop, blog, '*.example.net'].map((host) => certificateOf(host)));
  });
  beforeEach(async () => {
    bench = await startBench();
    port = await freePort();
    revision = 0;
    agent = new Agent({ keepAlive: true, maxSockets: 32 });
    await bench.router.certify({ revision: 1, certificates: [...certificates] });
  });
  afterEach(async () => {
    agent.destroy();
    await bench.stop();
  });

  const serialOf = (host: string): string =>
    new X509Certificate(certificates.find((one) => one.host === host)?.chain ?? '').serialNumber;

  it('answers each host with its own certificate, and says that it came by HTTPS', async () => {
    const { upstream } = await bench.replica((request, response) =>
      response.end(`${request.headers.host} ${String(request.headers['x-forwarded-proto'])}`),
    );
    await apply([routeOf(shop, [upstream]), routeOf('*.example.net', [upstream])]);
    const one = await secure(shop);
    expect([one.body, one.serial]).to.deep.equal([`${shop} https`, serialOf(shop)]);
    const two = await secure('any.example.net');
    expect([two.body, two.serial]).to.deep.equal(['any.example.net https', serialOf('*.example.net')]);
  });

  it('makes no connection for a host without a certificate', async () => {
    await apply([routeOf('bare.example.com', [])]);
    const failure: unknown = await secure('bare.example.com').catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error);
    expect((failure as NodeJS.ErrnoException).code).to.match(/^(ECONNRESET|ERR_SSL)/);
  });

  it('refuses a request for another host than the connection was secured for', async () => {
    const { upstream } = await bench.replica((_request, response) => response.end('yes'));
    await apply([routeOf(shop, [upstream]), routeOf(blog, [upstream])]);
    const got = await secure(blog, '/', { servername: shop });
    expect([got.status, got.body]).to.satisfy(
      ([status, body]: [number, string]) => status === 421 && body.includes('MISDIRECTED'),
    );
    // Two names of one wildcard share its certificate, and so a connection.
    await apply([routeOf('*.example.net', [upstream])]);
    expect((await secure('a.example.net', '/', { servername: 'b.example.net' })).status).to.equal(200);
  });

  it('sends plain requests to HTTPS where the route says so, and proofs are had before that', async () => {
    const { upstream } = await bench.replica((_request, response) => response.end('yes'));
    const table = {
      revision: ++revision,
      routes: [routeOf(shop, [upstream], { secure: true })],
      challenges: [{ host: shop, path: '/.well-known/acme-challenge/abc', body: 'abc.def' }],
      tlsPort: port,
    };
    await bench.router.apply(table);
    const moved = await ask(bench, '/a?b=1', { host: shop, method: 'POST', body: 'x' });
    expect([moved.status, moved.headers.location]).to.deep.equal([308, `https://${shop}:${port}/a?b=1`]);
    const proof = await ask(bench, '/.well-known/acme-challenge/abc', { host: shop });
    expect([proof.status, proof.body, proof.headers['content-type']]).to.deep.equal([
      200,
      'abc.def',
      'text/plain; charset=utf-8',
    ]);
    expect((await ask(bench, '/.well-known/acme-challenge/abd', { host: shop })).status).to.equal(308);
    expect((await secure(shop)).body).to.equal('yes');
  });

  it('sends visitors to another address, path and query kept', async () => {
    await apply([routeOf(shop, [], { redirect: 'https://www.example.org/new/' })]);
    const moved = await secure(shop, '/a/b?c=1');
    expect([moved.status, moved.headers.location]).to.deep.equal([308, 'https://www.example.org/new/a/b?c=1']);
  });

  it("sets headers in place of the service's own", async () => {
    const { upstream } = await bench.replica((_request, response) => {
      response.setHeader('X-Frame-Options', ['ALLOWALL']);
      response.setHeader('x-own', 'kept');
      response.end('yes');
    });
    await apply([routeOf(shop, [upstream], { headers: [{ name: 'X-Frame-Options', value: 'DENY' }] })]);
    const got = await secure(shop);
    expect(got.headers).to.include({ 'x-frame-options': 'DENY', 'x-own': 'kept' });
  });

  it('lets only those pass who have a name and password', async () => {
    let asked = 0;
    const { upstream } = await bench.replica((_request, response) => {
      asked++;
      response.end('yes');
    });
    const hash = await hashPassword('correct horse', Buffer.alloc(16, 7));
    await apply([routeOf(shop, [upstream], { users: [{ name: 'ada', hash }] })]);
    const basic = (text: string): Record<string, string> => ({
      authorization: `Basic ${Buffer.from(text).toString('base64')}`,
    });
    const none = await secure(shop);
    expect(none.status).to.equal(401);
    expect(none.headers['www-authenticate']).to.include('Basic realm=');
    for (const wrong of ['ada:wrong', 'ada', 'eve:correct horse', ':', 'ada:correct horse ', ''])
      expect((await secure(shop, '/', { headers: basic(wrong) })).status, wrong).to.equal(401);
    expect(asked).to.equal(0);
    for (let turn = 0; turn < 3; turn++)
      expect((await secure(shop, '/', { headers: basic('ada:correct horse') })).status).to.equal(200);
    // A socket is guarded by the same check.
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, {
      servername: shop,
      headers: { host: shop },
      rejectUnauthorized: false,
    });
    const [refused] = (await once(socket, 'error')) as [Error];
    expect(refused.message).to.include('401');
  });

  it('fails no request and closes no WebSocket while certificates and tables are switched', async function () {
    this.timeout(30_000);
    const replica = await bench.replica((_request, response) => void response.end('yes'));
    const sockets = new WebSocketServer({ server: replica.server });
    sockets.on('connection', (socket) => socket.on('message', () => socket.send('pong')));
    await apply([routeOf(shop, [replica.upstream])]);
    const socket = new WebSocket(`wss://127.0.0.1:${port}/`, {
      servername: shop,
      headers: { host: shop },
      rejectUnauthorized: false,
    });
    await once(socket, 'open');
    const other = await certificateOf(shop);
    const serials = new Set<string>();
    const failures: unknown[] = [];
    let running = true;
    const client = async (): Promise<void> => {
      while (running) {
        // A connection of its own each: the certificate is asked for anew.
        const own = new Agent({ maxCachedSessions: 0 });
        await secure(shop, '/', { agent: own }).then(
          (got) => (got.status === 200 ? serials.add(got.serial) : failures.push(got)),
          (error: unknown) => failures.push(error),
        );
      }
    };
    const clients = Array.from({ length: 4 }, client);
    for (let turn = 2; turn < 40; turn++) {
      const mine = turn % 2 ? certificates : certificates.map((one) => (one.host === shop ? other : one));
      await bench.router.certify({ revision: turn, certificates: [...mine] });
      await apply([routeOf(shop, [replica.upstream])]);
      const before = serials.size;
      await secure(shop);
      expect(serials.size).to.be.at.least(before);
    }
    running = false;
    await Promise.all(clients);
    expect(failures).to.deep.equal([]);
    expect(serials.size).to.equal(2);
    socket.send('ping');
    expect(String((await once(socket, 'message'))[0])).to.equal('pong');
    socket.terminate();
  });

  it('moves and closes its port as the table says, and goes on without one that is taken', async () => {
    const { upstream } = await bench.replica((_request, response) => response.end('yes'));
    await apply([routeOf(shop, [upstream])]);
    expect((await secure(shop)).body).to.equal('yes');
    const next = await freePort();
    await apply([routeOf(shop, [upstream])], next);
    expect((await secure(shop, '/', { at: next })).body).to.equal('yes');
    const blocker = createNetServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    await apply([routeOf(shop, [upstream])], (blocker.address() as AddressInfo).port);
    blocker.close();
    await apply([routeOf(shop, [upstream], { secure: true })], null);
    expect((await ask(bench, '/', { host: shop })).body, 'nobody is sent where nothing listens').to.equal('yes');
    await apply([routeOf(shop, [upstream])], next);
    // What could not be had changes nothing.
    expect((await secure(shop, '/', { at: next })).body).to.equal('yes');
    expect((await ask(bench, '/', { host: shop })).body).to.equal('yes');
    await apply([routeOf(shop, [upstream])], null);
    const closed: unknown = await secure(shop, '/', { at: next, agent: new Agent() }).catch((error: unknown) => error);
    expect(closed).to.include({ code: 'ECONNREFUSED' });
  });

  it('serves HTTPS from what it kept when it starts again, and keeps keys to its owner', async () => {
    const { upstream } = await bench.replica((_request, response) => response.end('yes'));
    await apply([routeOf(shop, [upstream])]);
    const state = join(bench.directory, 'table.json');
    expect((await stat(`${state}.certificates`)).mode & 0o777).to.equal(0o600);
    expect(await readFile(state, 'utf8')).not.to.include('PRIVATE KEY');
    await bench.router.stop(200);
    const again = new Router({
      port: 0,
      host: '127.0.0.1',
      socket: join(bench.directory, 's.sock'),
      state,
      version: 'test',
    });
    await again.start();
    try {
      agent.destroy();
      const got = await secure(shop, '/', { agent: new Agent() });
      expect([got.body, got.serial]).to.deep.equal(['yes', serialOf(shop)]);
    } finally {
      await again.stop(200);
    }
  });

  it('refuses older certificates', async () => {
    await bench.router.certify({ revision: 9, certificates: [] });
    const failure: unknown = await bench.router
      .certify({ revision: 8, certificates: [] })
      .catch((error: unknown) => error);
    expect(failure).to.include({ code: 'STALE' });
  });
});
