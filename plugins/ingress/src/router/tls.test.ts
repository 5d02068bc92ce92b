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
import type { Bench, Got } from '../../test/bench.ts';
import { ask, startBench } from '../../test/bench.ts';
import { certificateOf } from '../../test/certificate.ts';
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
      isShared: false,
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
});
