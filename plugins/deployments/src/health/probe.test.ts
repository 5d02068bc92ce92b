import type { AddressInfo, Server } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { expect } from 'chai';
import { probe } from './probe.ts';
import type { ProbeRequest } from './probe-capability.ts';

const never = new AbortController().signal;

function order(port: number, more: Partial<ProbeRequest> = {}): ProbeRequest {
  return {
    replica: '00000000-0000-7000-8000-000000000000',
    address: '127.0.0.1',
    port,
    kind: 'http',
    path: '/ready',
    intervalMs: 50,
    timeoutMs: 300,
    startPeriodMs: 600,
    ...more,
  };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('the health probe', () => {
  const servers: Server[] = [];
  const serve = (server: Server): Promise<number> => {
    servers.push(server);
    return listening(server);
  };
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it('waits for the first good status', async () => {
    let asked = 0;
    const port = await serve(
      createServer((request, response) =>
        response.writeHead(++asked < 3 ? 503 : 204, { connection: 'close' }).end(request.url),
      ),
    );
    expect(await probe(order(port), never)).to.include({
      healthy: true,
      connected: true,
      lastStatus: 204,
      attempts: 3,
    });
  });

  it('takes a redirect for good, and an error for bad', async () => {
    const port = await serve(
      createServer((request, response) =>
        response.writeHead(request.url === '/ready' ? 302 : 404, { connection: 'close' }).end(),
      ),
    );
    expect((await probe(order(port), never)).healthy).to.equal(true);
    expect(await probe(order(port, { path: '/other' }), never)).to.include({
      healthy: false,
      connected: true,
      lastStatus: 404,
    });
  });

  it('tells a port that nobody listens on from one that accepts and says nothing', async () => {
    const closed = createTcpServer();
    const port = await listening(closed);
    closed.close();
    await once(closed, 'close');
    expect(await probe(order(port), never)).to.include({ healthy: false, connected: false, lastStatus: null });
    const silent = await serve(createTcpServer((socket) => socket.on('error', () => undefined)));
    expect(await probe(order(silent), never)).to.include({
      healthy: false,
      connected: true,
      lastStatus: null,
      lastError: 'no answer in time',
    });
  });

  it('is content with an open port when asked for tcp', async () => {
    const port = await serve(createTcpServer((socket) => socket.destroy()));
    expect(await probe(order(port, { kind: 'tcp' }), never)).to.include({ healthy: true, attempts: 1 });
  });

  it('ends at once when it is cancelled', async () => {
    const stop = new AbortController();
    const run = probe(order(1, { startPeriodMs: 60_000 }), stop.signal).then(
      () => 'ended',
      (error: unknown) => Reflect.get(Object(error), 'name'),
    );
    setTimeout(() => stop.abort(), 50);
    expect(await run).to.equal('AbortError');
  });
});
