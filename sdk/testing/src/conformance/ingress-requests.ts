import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { it } from 'mocha';
import type { IngressBench } from './ingress-bench.ts';
import { appHost, routeTo } from './ingress-bench.ts';
import { eventually } from './subject.ts';

/** How one request is carried, or answered by the ingress itself. */
export function defineRequests(ingress: () => IngressBench): void {
  it('passes method, path, query, body and end-to-end headers, and says who asked', async () => {
    const { upstream } = await ingress().replica((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        response.setHeader('set-cookie', ['a=1', 'b=2']);
        response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
      });
    });
    await ingress().point(upstream);
    const got = await ingress().ask('/a/b?c=%20d', {
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
    expect([seen.method, seen.url, seen.body]).to.deep.equal(['POST', '/a/b?c=%20d', 'hello']);
    expect(seen.headers).to.include({
      'x-own': 'yes',
      host: appHost,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': appHost,
    });
    expect(seen.headers).to.not.have.any.keys('x-hop', 'te', 'forwarded', 'x_forwarded_for');
    expect(got.headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
  });

  it('streams large chunked bodies both ways unchanged', async () => {
    const { upstream } = await ingress().replica((request, response) => void request.pipe(response));
    await ingress().point(upstream);
    const parts = Array.from({ length: 64 }, () => randomBytes(65_536).toString('hex'));
    const got = await ingress().ask('/', {
      method: 'PUT',
      body: (async function* () {
        yield* parts;
      })(),
    });
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
    expect(hash(got.body)).to.equal(hash(parts.join('')));
  });

  it('gives the first event of a stream before the second is made', async () => {
    let second = (): void => undefined;
    const { upstream } = await ingress().replica((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      second = () => response.end('data: 2\n\n');
    });
    await ingress().point(upstream);
    const { port } = ingress().subject;
    const request = httpRequest({ port, host: '127.0.0.1', headers: { host: appHost }, agent: false }).end();
    const [response] = await once(request, 'response');
    expect(String((await once(response, 'data'))[0])).to.equal('data: 1\n\n');
    second();
    expect(String((await once(response, 'data'))[0])).to.equal('data: 2\n\n');
  });

  it('stops a replica that writes faster than the client reads', async () => {
    let written = 0;
    const { upstream } = await ingress().replica((_request, response) => {
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
    await ingress().point(upstream);
    const socket = connect(ingress().subject.port, '127.0.0.1').pause();
    socket.write(`GET / HTTP/1.1\r\nhost: ${appHost}\r\n\r\n`);
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
    const { upstream } = await ingress().replica((_request, response) =>
      response.writeHead(200, { 'content-length': '5' }).end('hello'),
    );
    await ingress().point(upstream);
    const head = `HTTP/1.1\r\nhost: ${appHost}\r\n`;
    const { text } = await ingress().raw(`HEAD / ${head}\r\nGET / ${head}connection: close\r\n\r\n`);
    expect(text.match(/HTTP\/1\.1 200/g)).to.have.length(2);
    expect(text.match(/hello/g)).to.have.length(1);
  });

  it('asks for the body only when a replica takes it', async () => {
    const { upstream } = await ingress().replica((request, response) => void request.pipe(response));
    const head = `POST / HTTP/1.1\r\nhost: ${appHost}\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n`;
    await ingress().point();
    expect((await ingress().raw(head, '503')).text).to.match(/^HTTP\/1\.1 503/);
    await ingress().point(upstream);
    const socket = connect(ingress().subject.port, '127.0.0.1');
    socket.write(head);
    expect(String((await once(socket, 'data'))[0])).to.match(/^HTTP\/1\.1 100/);
    socket.write('ok');
    let got = '';
    for await (const chunk of socket) {
      got += String(chunk);
      if (got.endsWith('ok') || got.includes('ok\r\n')) break;
    }
    expect(got).to.match(/^HTTP\/1\.1 200[^]*ok/);
    socket.destroy();
  });

  it("ends the replica's request when the client leaves", async () => {
    let [left, arrived] = [false, false];
    const { upstream } = await ingress().replica((request, response) => {
      arrived = true;
      response.on('close', () => (left = true));
      request.resume();
    });
    await ingress().point(upstream);
    const socket = connect(ingress().subject.port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nhost: ${appHost}\r\n\r\n`);
    await eventually('the request arrived', () => arrived);
    socket.destroy();
    await eventually('the replica was told', () => left);
  });

  it('breaks the answer off when the replica breaks it off', async () => {
    const { upstream } = await ingress().replica((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('some', () => response.destroy());
    });
    await ingress().point(upstream);
    let failed = false;
    await ingress()
      .ask('/', { isAlone: true })
      .catch(() => (failed = true));
    expect(failed).to.equal(true);
  });

  it('takes the longest path, and whole segments only', async () => {
    const [web, api] = [await ingress().named('web'), await ingress().named('api')];
    await ingress().apply([routeTo(appHost, [web]), routeTo(appHost, [api], { path: '/api/' })]);
    const paths = ['/', '/api', '/api/x', '/api?q=/', '/apifoo', '/x/api/'];
    const bodies = await Promise.all(paths.map(async (path) => (await ingress().ask(path)).body));
    expect(bodies).to.deep.equal(['web', 'api', 'api', 'api', 'web', 'web']);
  });

  it('finds the host in any case, with a port and with a trailing dot', async () => {
    await ingress().point(await ingress().named('ok'));
    for (const host of [appHost.toUpperCase(), `${appHost}:8081`, `${appHost}.`])
      expect((await ingress().ask('/', { host })).status, host).to.equal(200);
  });

  it('takes a wildcard for one label, unless a route names the host itself', async () => {
    const [any, own] = [await ingress().named('any'), await ingress().named('own')];
    await ingress().apply([routeTo('*.example.net', [any]), routeTo('own.example.net', [own], { path: '/only/' })]);
    const answer = async (host: string, path = '/'): Promise<string | number> => {
      const { status, body } = await ingress().ask(path, { host });
      return status === 200 ? body : status;
    };
    expect(await answer('one.example.net')).to.equal('any');
    expect(await answer('own.example.net', '/only/x')).to.equal('own');
    expect(await answer('own.example.net')).to.equal(404);
    expect(await answer('two.one.example.net')).to.equal(404);
    expect(await answer('example.net')).to.equal(404);
  });

  it('goes to another replica when one takes no connection, body and all', async () => {
    const { upstream } = await ingress().replica((request, response) => void request.pipe(response));
    await ingress().point(await ingress().dead(), upstream);
    for (let at = 0; at < 6; at++) {
      const got = await ingress().ask('/', { method: 'POST', body: 'kept' });
      expect([got.status, got.body]).to.deep.equal([200, 'kept']);
    }
  });

  it('repeats a GET, but never a POST, when a replica hangs up without an answer', async () => {
    let hung = 0;
    const bad = await ingress().replica((request) => {
      hung++;
      request.socket.destroy();
    });
    await ingress().point(bad.upstream, await ingress().named('good'));
    for (let at = 0; at < 4; at++) expect((await ingress().ask('/')).body).to.equal('good');
    expect(hung).to.be.greaterThan(0);
    await ingress().point(bad.upstream);
    hung = 0;
    const got = await ingress().ask('/', { method: 'POST', body: 'once', isAlone: true });
    expect([got.status, hung]).to.deep.equal([502, 1]);
    // On a connection that had an answer before, it may also be broken off, by which clients tell the same.
    await ingress()
      .ask('/', { method: 'POST', body: 'once' })
      .catch(() => undefined);
    expect(hung).to.equal(2);
  });

  it('is honest when there is no route, no deployment, no replica', async () => {
    const codeOf = (text: string): unknown => (JSON.parse(text) as { code: unknown }).code;
    await ingress().point();
    const none = await ingress().ask('/', { host: 'other.example.org' });
    expect([none.status, codeOf(none.body)]).to.deep.equal([404, 'ROUTE_UNKNOWN']);
    expect((JSON.parse(none.body) as { detail: string }).detail).to.include('other.example.org');
    const waiting = await ingress().ask('/', { headers: { accept: 'text/html' } });
    expect([waiting.status, waiting.headers['retry-after'], waiting.headers['content-type']]).to.deep.equal([
      503,
      '5',
      'text/html; charset=utf-8',
    ]);
    expect(waiting.body).to.include(`${appHost} has no live deployment yet.`);
    await ingress().point(await ingress().dead());
    const down = await ingress().ask('/');
    expect([down.status, codeOf(down.body)]).to.deep.equal([502, 'UPSTREAM_DOWN']);
  });

  it('passes what a replica itself says is wrong', async () => {
    const { upstream } = await ingress().replica((_request, response) =>
      response.writeHead(503, { 'content-type': 'text/plain' }).end('mine'),
    );
    await ingress().point(upstream);
    const got = await ingress().ask('/');
    expect([got.status, got.body, got.headers['content-type']]).to.deep.equal([503, 'mine', 'text/plain']);
  });
}
