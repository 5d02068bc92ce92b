import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { WebSocket, WebSocketServer } from 'ws';
import type { Bench, Replica } from '../../test/bench.ts';
import { ask, deadUpstream, raw, startBench, tableOf } from '../../test/bench.ts';
import { exitCodes } from './exit-codes.ts';

const program = fileURLToPath(new URL('../programs/router.ts', import.meta.url));

async function control(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const request = httpRequest({ socketPath, method, path }).end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> };
}

async function echoReplica(bench: Bench, name: string): Promise<Replica> {
  const replica = await bench.replica((_request, response) => void response.end(name));
  const sockets = new WebSocketServer({ server: replica.server });
  sockets.on('connection', (socket) =>
    socket.on('message', (data) => socket.send(`${name}:${Buffer.isBuffer(data) ? data.toString() : '?'}`)),
  );
  return replica;
}

async function openSocket(bench: Bench): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${bench.router.port}/`, { headers: { host: 'app.localhost' } });
  await once(socket, 'open');
  return socket;
}

async function echo(socket: WebSocket, text: string): Promise<string> {
  socket.send(text);
  return String((await once(socket, 'message'))[0]);
}

describe('router: switches', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.stop());

  it('fails no request and closes no WebSocket in 300 switches at 500 requests a second', async function () {
    this.timeout(30_000);
    const [one, two] = [await echoReplica(bench, 'one'), await echoReplica(bench, 'two')];
    await bench.point(one.upstream);
    const sockets = await Promise.all(Array.from({ length: 10 }, () => openSocket(bench)));
    let closed = 0;
    for (const socket of sockets) socket.on('close', () => closed++);
    const results: Promise<string>[] = [];
    const started = performance.now();
    let switches = 0;
    while (switches < 300) {
      const due = Math.floor((performance.now() - started) / 2);
      while (results.length < due)
        results.push(
          ask(bench, '/').then(
            (got) => `${got.status}`,
            (error: unknown) => String(error),
          ),
        );
      if (switches < (performance.now() - started) / 10) await bench.point((switches++ % 2 ? one : two).upstream);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const statuses = await Promise.all(results);
    expect(statuses.length).to.be.greaterThan(1000);
    expect(statuses.filter((status) => status !== '200')).to.deep.equal([]);
    expect(closed).to.equal(0);
    expect(await Promise.all(sockets.map((socket) => echo(socket, 'still here')))).to.deep.equal(
      sockets.map(() => 'one:still here'),
    );
    for (const socket of sockets) socket.terminate();
  });

  it('carries WebSockets to another replica when one takes no connection, and says 502 when none does', async () => {
    const dead = await deadUpstream();
    await bench.point(dead, (await echoReplica(bench, 'one')).upstream);
    for (let at = 0; at < 3; at++) {
      const socket = await openSocket(bench);
      expect(await echo(socket, 'x')).to.equal('one:x');
      socket.terminate();
    }
    await bench.point(dead);
    const head = 'GET / HTTP/1.1\r\nhost: app.localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
    expect(await raw(bench, head)).to.match(/^HTTP\/1\.1 502[^]*UPSTREAM_DOWN/);
  });

  it('counts open WebSockets as in flight', async () => {
    const { upstream } = await echoReplica(bench, 'one');
    await bench.point(upstream);
    const socket = await openSocket(bench);
    const path = join(bench.directory, 'r.sock');
    expect((await control(path, 'GET', '/in-flight')).body).to.deep.equal({ inFlight: { [upstream.replica]: 1 } });
    socket.close();
    await once(socket, 'close');
    const deadline = Date.now() + 2000;
    for (;;) {
      const { body } = await control(path, 'GET', '/in-flight');
      if (Object.keys(body['inFlight'] as object).length === 0) break;
      expect(Date.now()).to.be.lessThan(deadline);
    }
  });

  it('refuses an older table and what is not a table, and has a socket for its owner only', async () => {
    const path = join(bench.directory, 'r.sock');
    expect(await control(path, 'PUT', '/table', tableOf(5, []))).to.deep.equal({ status: 200, body: { revision: 5 } });
    const stale = await control(path, 'PUT', '/table', tableOf(4, []));
    expect([stale.status, stale.body['code']]).to.deep.equal([412, 'STALE']);
    expect((await control(path, 'PUT', '/table', { revision: 6, routes: [{}] })).status).to.equal(422);
    expect((await control(path, 'GET', '/table')).body['revision']).to.equal(5);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(JSON.parse(await readFile(join(bench.directory, 'table.json'), 'utf8'))).to.have.property('revision', 5);
  });
});

describe('router: the process', () => {
  it('serves from its file after a kill, ignores a hang-up, and names a port in use', async () => {
    const bench = await startBench();
    const directory = await mkdtemp(join(tmpdir(), 'router-process-'));
    const [socket, state] = [join(directory, 'r.sock'), join(directory, 'table.json')];
    const start = async (port: number) => {
      const child = spawn(
        process.execPath,
        [
          '--conditions=containr-src',
          program,
          '--port',
          String(port),
          '--host',
          '127.0.0.1',
          '--socket',
          socket,
          '--state',
          state,
        ],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      );
      const [line] = await once(child.stderr, 'data');
      return { child, said: JSON.parse(String(line).split('\n')[0] ?? '') as { port: number; message: string } };
    };
    const { upstream } = await bench.replica((_request, response) => void response.end('kept'));
    const first = await start(0);
    await control(socket, 'PUT', '/table', tableOf(3, [upstream]));
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const second = await start(first.said.port);
    second.child.kill('SIGHUP');
    const behind = { ...bench, router: { port: first.said.port } as Bench['router'] };
    expect((await ask(behind, '/')).body).to.equal('kept');
    const args = [
      '--conditions=containr-src',
      program,
      '--port',
      String(first.said.port),
      '--host',
      '127.0.0.1',
      '--socket',
      join(directory, 'other.sock'),
      '--state',
      state,
    ];
    const refused = await new Promise<{ code: unknown; text: string }>((resolve) =>
      execFile(process.execPath, args, (error, _out, text) => resolve({ code: error?.code, text })),
    );
    expect(refused.code).to.equal(exitCodes['PORT_IN_USE']);
    expect(refused.text).to.include('PORT_IN_USE');
    second.child.kill('SIGTERM');
    expect((await once(second.child, 'exit'))[0]).to.equal(0);
    await bench.stop();
    await rm(directory, { recursive: true });
  });
});
