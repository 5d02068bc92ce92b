import type { AddressInfo, Server } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { expect } from 'chai';
import { probe } from './probe.ts';
import type { ProbeRequest } from './probe-capability.ts';

const never = new AbortController().signal;

const timing = { until: 'ready', intervalMs: 50, timeoutMs: 300, periodMs: 600, retries: 3 } as const;

function order(port: number, more: Partial<ProbeRequest> = {}): ProbeRequest {
  return {
    replica: '00000000-0000-7000-8000-000000000000',
    address: '127.0.0.1',
    port,
    kind: 'http',
    path: '/ready',
    statuses: '200-399',
    headers: {},
    timing,
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

  it('takes only the statuses that are asked for, and sends the headers', async () => {
    const port = await serve(
      createServer((request, response) =>
        response.writeHead(request.headers['x-key'] === 'k' ? 401 : 200, { connection: 'close' }).end(),
      ),
    );
    const asked = { statuses: '204,400-403', headers: { 'x-key': 'k' } };
    expect(await probe(order(port, asked), never)).to.include({ healthy: true, lastStatus: 401 });
    expect(await probe(order(port, { ...asked, headers: {} }), never)).to.include({ healthy: false, lastStatus: 200 });
  });

  it('stays healthy over a few bad answers, and not over as many in a row as it may have', async () => {
    let asked = 0;
    const port = await serve(
      createServer((_, response) =>
        response.writeHead(++asked % 3 === 0 || asked > 9 ? 500 : 200, { connection: 'close' }).end(),
      ),
    );
    const steady = { ...timing, until: 'steady', periodMs: 60_000, retries: 2 } as const;
    expect(await probe(order(port, { timing: steady }), never)).to.include({ healthy: false, attempts: 10 });
    asked = 0;
    const patient = { ...steady, periodMs: 200, retries: 50 };
    expect(await probe(order(port, { timing: patient }), never)).to.include({ healthy: true });
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
    const run = probe(order(1, { timing: { ...timing, periodMs: 60_000 } }), stop.signal).then(
      () => 'ended',
      (error: unknown) => Reflect.get(Object(error), 'name'),
    );
    setTimeout(() => stop.abort(), 50);
    expect(await run).to.equal('AbortError');
  });
});
