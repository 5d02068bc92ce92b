import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import type { Bench } from '../../test/bench.ts';
import { ask, deadUpstream, eventually, raw, startBench, tableOf } from '../../test/bench.ts';

describe('router: requests', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.stop());

  it('passes method, path, query, body and end-to-end headers, and says who asked', async () => {
    const { upstream } = await bench.replica((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        response.setHeader('set-cookie', ['a=1', 'b=2']);
        response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
      });
    });
    await bench.point(upstream);
    const got = await ask(bench, '/a/b?c=%20d', {
      method: 'POST',
      body: 'hello',
      headers: {
        'x-own': 'yes',
        connection: 'keep-alive, x-hop',
        'x-hop': 'no',
        te: 'trailers',
        'x-forwarded-for': '6.6.6.6',
        x_forwarded_for: '7.7.7.7',
        forwarded: 'for=8.8.8.8',
      },
    });
    const seen = JSON.parse(got.body) as { method: string; url: string; headers: Record<string, string>; body: string };
    expect(seen.method).to.equal('POST');
    expect(seen.url).to.equal('/a/b?c=%20d');
    expect(seen.body).to.equal('hello');
    expect(seen.headers).to.include({
      'x-own': 'yes',
      host: 'app.localhost',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'app.localhost',
    });
    expect(seen.headers).to.not.have.any.keys('x-hop', 'te', 'forwarded', 'x_forwarded_for');
    expect(got.headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
  });

  it('streams large chunked bodies both ways unchanged', async () => {
    const { upstream } = await bench.replica((request, response) => void request.pipe(response));
    await bench.point(upstream);
    const parts = Array.from({ length: 64 }, () => randomBytes(65_536).toString('hex'));
    const got = await ask(bench, '/', {
      method: 'PUT',
      body: (async function* () {
        yield* parts;
      })(),
    });
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
    expect(hash(got.body)).to.equal(hash(parts.join('')));
  });

  it('gives the first event of a stream before the second is made', async () => {
    let second: (() => void) | undefined;
    const { upstream } = await bench.replica((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      second = () => response.end('data: 2\n\n');
    });
    await bench.point(upstream);
    const request = httpRequest({
      port: bench.router.port,
      host: '127.0.0.1',
      headers: { host: 'app.localhost' },
    }).end();
    const [response] = await once(request, 'response');
    expect(String((await once(response, 'data'))[0])).to.equal('data: 1\n\n');
    second?.();
    expect(String((await once(response, 'data'))[0])).to.equal('data: 2\n\n');
  });

  it('stops a replica that writes faster than the client reads', async () => {
    let written = 0;
    const { upstream } = await bench.replica((_request, response) => {
      const chunk = Buffer.alloc(65_536);
      const pump = (): void => {
        while (written < 512 * 1024 * 1024) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', pump);
        }
        response.end();
      };
      pump();
    });
    await bench.point(upstream);
    const socket = connect(bench.router.port, '127.0.0.1').pause();
    socket.write('GET / HTTP/1.1\r\nhost: app.localhost\r\n\r\n');
    let before = -1;
    await eventually('the replica is held back', () => {
      const same = before === written && written > 0;
      before = written;
      return same;
    });
    expect(written).to.be.lessThan(64 * 1024 * 1024);
    socket.destroy();
  });

  it('answers HEAD with the headers alone, and keeps the connection in step', async () => {
    const { upstream } = await bench.replica((_request, response) =>
      response.writeHead(200, { 'content-length': '5' }).end('hello'),
    );
    await bench.point(upstream);
    const got = await raw(
      bench,
      'HEAD / HTTP/1.1\r\nhost: app.localhost\r\n\r\nGET / HTTP/1.1\r\nhost: app.localhost\r\nconnection: close\r\n\r\n',
    );
    expect(got.match(/HTTP\/1\.1 200/g)).to.have.length(2);
    expect(got.match(/hello/g)).to.have.length(1);
  });

  it('asks for the body only when a replica takes it', async () => {
    const { upstream } = await bench.replica((request, response) => void request.pipe(response));
    const head = 'POST / HTTP/1.1\r\nhost: app.localhost\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n';
    await bench.point();
    expect(await raw(bench, head)).to.match(/^HTTP\/1\.1 503/);
    await bench.point(upstream);
    const socket = connect(bench.router.port, '127.0.0.1');
    socket.write(head);
    expect(String((await once(socket, 'data'))[0])).to.equal('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('ok');
    expect(String((await once(socket, 'data'))[0])).to.match(/^HTTP\/1\.1 200[^]*ok/);
    socket.destroy();
  });

  it("ends the replica's request when the client leaves", async () => {
    let left = false;
    let arrived = false;
    const { upstream } = await bench.replica((request, response) => {
      arrived = true;
      response.on('close', () => (left = true));
      request.resume();
    });
    await bench.point(upstream);
    const socket = connect(bench.router.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: app.localhost\r\n\r\n');
    await eventually('the request arrived', () => arrived);
    socket.destroy();
    await eventually('the replica was told', () => left);
  });

  it('breaks the answer off when the replica breaks it off', async () => {
    const { upstream } = await bench.replica((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('some', () => response.destroy());
    });
    await bench.point(upstream);
    let failed = false;
    await ask(bench, '/').catch(() => (failed = true));
    expect(failed).to.equal(true);
  });

  it('takes the longest path, and whole segments only', async () => {
    const named = (name: string) => bench.replica((_request, response) => void response.end(name));
    const [web, api] = [await named('web'), await named('api')];
    const routes = [...tableOf(1, [web.upstream]).routes, ...tableOf(1, [api.upstream], '/api/').routes];
    await bench.router.apply({ revision: 1, routes });
    const bodies = await Promise.all(
      ['/', '/api', '/api/x', '/api?q=/', '/apifoo', '/x/api/'].map(async (path) => (await ask(bench, path)).body),
    );
    expect(bodies).to.deep.equal(['web', 'api', 'api', 'api', 'web', 'web']);
  });

  it('finds the host in any case, with a port and with a trailing dot', async () => {
    const { upstream } = await bench.replica((_request, response) => void response.end('ok'));
    await bench.point(upstream);
    for (const host of ['APP.localhost', 'app.localhost:8081', 'app.localhost.'])
      expect((await ask(bench, '/', { host })).status, host).to.equal(200);
  });

  it('takes turns', async () => {
    const counts = [0, 0];
    const replicas = await Promise.all(
      [0, 1].map((at) =>
        bench.replica((_request, response) => {
          counts[at] = (counts[at] ?? 0) + 1;
          response.end();
        }),
      ),
    );
    await bench.point(...replicas.map((replica) => replica.upstream));
    for (let at = 0; at < 10; at++) await ask(bench, '/');
    expect(counts).to.deep.equal([5, 5]);
  });

  it('goes to another replica when one takes no connection, body and all', async () => {
    const { upstream } = await bench.replica((request, response) => void request.pipe(response));
    await bench.point(await deadUpstream(), upstream);
    for (let at = 0; at < 6; at++) {
      const got = await ask(bench, '/', { method: 'POST', body: 'kept' });
      expect([got.status, got.body]).to.deep.equal([200, 'kept']);
    }
  });

  it('repeats a GET, but never a POST, when a replica hangs up without an answer', async () => {
    let hung = 0;
    const bad = await bench.replica((request) => {
      hung++;
      request.socket.destroy();
    });
    const good = await bench.replica((_request, response) => void response.end('good'));
    await bench.point(bad.upstream, good.upstream);
    for (let at = 0; at < 4; at++) expect((await ask(bench, '/')).body).to.equal('good');
    expect(hung).to.be.greaterThan(0);
    await bench.point(bad.upstream);
    hung = 0;
    const got = await ask(bench, '/', { method: 'POST', body: 'once' });
    expect([got.status, hung]).to.deep.equal([502, 1]);
  });

  it('is honest when there is no route, no deployment, no replica', async () => {
    await bench.point();
    const none = await ask(bench, '/', { host: 'other.localhost' });
    expect([none.status, (JSON.parse(none.body) as { code: string }).code]).to.deep.equal([404, 'ROUTE_UNKNOWN']);
    const waiting = await ask(bench, '/', { headers: { accept: 'text/html' } });
    expect([waiting.status, waiting.headers['retry-after'], waiting.headers['content-type']]).to.deep.equal([
      503,
      '5',
      'text/html; charset=utf-8',
    ]);
    await bench.point(await deadUpstream());
    const down = await ask(bench, '/');
    expect([down.status, (JSON.parse(down.body) as { code: string }).code]).to.deep.equal([502, 'UPSTREAM_DOWN']);
  });

  it('counts what is in flight, and lets a replaced replica finish', async () => {
    let release: (() => void) | undefined;
    const old = await bench.replica((_request, response) => (release = () => response.end('old')));
    const young = await bench.replica((_request, response) => void response.end('young'));
    await bench.point(old.upstream);
    const waiting = ask(bench, '/');
    await eventually('the request arrived', () => release !== undefined);
    await bench.point(young.upstream);
    expect((await ask(bench, '/')).body).to.equal('young');
    const counts = await inFlight(bench);
    expect(counts).to.deep.equal({ [old.upstream.replica]: 1 });
    release?.();
    expect((await waiting).body).to.equal('old');
    expect(await inFlight(bench)).to.deep.equal({});
    let open = 1;
    await eventually('its connections are closed', () => {
      old.server.getConnections((_error, count) => (open = count));
      return open === 0;
    });
  });
});

async function inFlight(bench: Bench): Promise<Record<string, number>> {
  const request = httpRequest({ socketPath: `${bench.directory}/r.sock`, path: '/in-flight' }).end();
  const [response] = await once(request, 'response');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return (JSON.parse(text) as { inFlight: Record<string, number> }).inFlight;
}
