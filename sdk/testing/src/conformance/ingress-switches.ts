import { once } from 'node:events';
import { expect } from 'chai';
import { it } from 'mocha';
import type { IngressBench } from './ingress-bench.ts';
import { appHost, routeTo, says } from './ingress-bench.ts';
import { eventually } from './subject.ts';

/** What happens to requests when a table is switched. */
export function defineSwitches(ingress: () => IngressBench): void {
  it('follows a table when it is applied, request by request', async () => {
    const [one, two] = [await ingress().named('one'), await ingress().named('two')];
    const service = routeTo(appHost, []).service;
    for (let turn = 0; turn < 40; turn++) {
      await ingress().apply([routeTo(appHost, [turn % 2 ? one : two], { service })]);
      expect((await ingress().ask('/')).body).to.equal(turn % 2 ? 'one' : 'two');
    }
  });

  it('fails no request and closes no WebSocket in 300 switches at 500 requests a second', async function () {
    this.timeout(60_000);
    const [one, two] = [await ingress().named('one'), await ingress().named('two')];
    const service = routeTo(appHost, []).service;
    await ingress().apply([routeTo(appHost, [one], { service })]);
    const sockets = await Promise.all(Array.from({ length: 10 }, () => ingress().socket()));
    let closed = 0;
    for (const socket of sockets) socket.on('close', () => closed++);
    const results: Promise<string>[] = [];
    const started = performance.now();
    let switches = 0;
    while (switches < 300) {
      const due = Math.floor((performance.now() - started) / 2);
      while (results.length < due)
        results.push(
          ingress()
            .ask('/')
            .then(
              (got) => `${got.status}`,
              (error: unknown) => String(error),
            ),
        );
      if (switches < (performance.now() - started) / 10) {
        switches++;
        // In turns the same service with other replicas, and another service in its place.
        const more = switches % 3 === 0 ? {} : { service };
        await ingress().apply([routeTo(appHost, [switches % 2 ? two : one], more)]);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const statuses = await Promise.all(results);
    expect(statuses.length).to.be.greaterThan(1000);
    expect(statuses.filter((status) => status !== '200')).to.deep.equal([]);
    expect(closed).to.equal(0);
    expect(new Set(await Promise.all(sockets.map(says)))).to.deep.equal(new Set(['one']));
    for (const socket of sockets) socket.terminate();
  });

  it('counts what is in flight, and lets a replaced replica finish', async () => {
    let release = (): void => undefined;
    let arrived = false;
    const old = await ingress().replica((_request, response) => {
      arrived = true;
      release = () => response.end('old');
    });
    const young = await ingress().named('young');
    await ingress().point(old.upstream);
    const waiting = ingress().ask('/', { isAlone: true });
    await eventually('the request arrived', () => arrived);
    await ingress().point(young);
    expect((await ingress().ask('/')).body).to.equal('young');
    expect((await ingress().subject.inFlight())[old.upstream.replica]).to.equal(1);
    release();
    expect((await waiting).body).to.equal('old');
    await eventually(
      'nothing is in flight',
      async () => !(old.upstream.replica in (await ingress().subject.inFlight())),
    );
    await eventually('its connections are closed', () => {
      return new Promise<boolean>((resolve) => old.server.getConnections((_error, count) => resolve(count === 0)));
    });
  });

  it('counts an open WebSocket as in flight, also after a switch', async () => {
    const [one, two] = [await ingress().named('one'), await ingress().named('two')];
    await ingress().point(one);
    const socket = await ingress().socket();
    await ingress().point(two);
    expect((await ingress().subject.inFlight())[one.replica]).to.equal(1);
    expect(await says(socket)).to.equal('one');
    socket.close();
    await once(socket, 'close');
    await eventually('it is not counted any more', async () => !(one.replica in (await ingress().subject.inFlight())));
  });

  it('carries WebSockets to another replica when one takes no connection, and says 502 when none does', async () => {
    await ingress().point(await ingress().dead(), await ingress().named('one'));
    for (let at = 0; at < 3; at++) {
      const socket = await ingress().socket();
      expect(await says(socket)).to.equal('one');
      socket.terminate();
    }
    await ingress().point(await ingress().dead());
    const failure: unknown = await ingress()
      .socket()
      .catch((error: unknown) => error);
    expect(String(failure)).to.include('502');
  });

  it('holds new requests until the next table, and lets go on what it serves', async () => {
    let release = (): void => undefined;
    let asked = 0;
    const old = await ingress().replica((_request, response) => {
      asked++;
      release = () => response.end('old');
    });
    const young = await ingress().named('young');
    const service = routeTo(appHost, []).service;
    await ingress().apply([routeTo(appHost, [old.upstream], { service })]);
    const begun = ingress().ask('/', { isAlone: true });
    await eventually('the request arrived', () => asked === 1);
    await ingress().apply([routeTo(appHost, [old.upstream], { service, held: Date.now() + 30_000 })]);
    let answered = 0;
    const waiting = Array.from({ length: 5 }, async (_, at) => {
      const got = await ingress().ask('/', { isAlone: true, ...(at === 0 ? { method: 'POST', body: 'x' } : {}) });
      answered++;
      return got.body;
    });
    const socket = ingress().socket();
    release();
    expect((await begun).body).to.equal('old');
    await ingress().apply([routeTo(appHost, [], { service, held: Date.now() + 30_000 })]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([answered, asked]).to.deep.equal([0, 1]);
    await ingress().apply([routeTo(appHost, [young], { service })]);
    expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set(['young']));
    expect(await says(await socket)).to.equal('young');
    (await socket).terminate();
  });

  it('holds no longer than it is told', async () => {
    await ingress().apply([routeTo(appHost, [await ingress().named('one')], { held: Date.now() + 400 })]);
    expect((await ingress().ask('/')).body).to.equal('one');
    await ingress().apply([routeTo(appHost, [], { held: Date.now() + 400 })]);
    expect((await ingress().ask('/')).status).to.equal(503);
    await ingress().apply([routeTo(appHost, [], { held: 1 })]);
    expect((await ingress().ask('/')).status).to.equal(503);
  });

  it('counts requests by route and answer', async () => {
    const { upstream } = await ingress().replica((request, response) =>
      response.writeHead(Number(request.url?.slice(-3)), {}).end(),
    );
    const host = 'counted.example.org';
    await ingress().apply([
      routeTo(host, [upstream]),
      routeTo(host, [await ingress().dead()], { path: '/gone/' }),
      routeTo('moved.example.org', [], { redirect: 'https://example.org' }),
      routeTo('empty.example.org', []),
    ]);
    const before = await ingress().subject.counts();
    const nothing = before.routes.find((row) => row.host === null)?.answers['4xx'] ?? 0;
    for (const status of [200, 204, 301, 404, 404, 503]) await ingress().ask(`/${status}`, { host });
    for (const name of ['moved', 'empty', 'nobody']) await ingress().ask('/', { host: `${name}.example.org` });
    expect((await ingress().ask('/gone/', { host })).status).to.equal(502);
    const none = { failed: 0, '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
    await eventually('all are counted', async () => {
      const { life, routes } = await ingress().subject.counts();
      expect(life).to.equal(before.life);
      return routes.some((row) => row.path === '/gone/' && row.answers.failed === 1);
    });
    const { routes } = await ingress().subject.counts();
    const answers = (name: string, path = '/') => routes.find((row) => row.host === name && row.path === path)?.answers;
    expect(answers(host)).to.deep.equal({ ...none, '2xx': 2, '3xx': 1, '4xx': 2, '5xx': 1 });
    expect(answers(host, '/gone/')).to.deep.equal({ ...none, failed: 1 });
    expect(answers('moved.example.org')).to.deep.equal({ ...none, '3xx': 1 });
    expect(answers('empty.example.org')).to.deep.equal({ ...none, '5xx': 1 });
    expect(routes.find((row) => row.host === null)?.answers['4xx']).to.equal(nothing + 1);
  });

  it('refuses an older table', async () => {
    await ingress().point();
    const refused: unknown = await ingress()
      .subject.apply({ revision: 1, routes: [] })
      .catch((error: unknown) => error);
    expect(refused).to.include({ code: 'STALE' });
  });

  it('serves from what it kept when it starts again with nobody to tell it anything', async function () {
    this.timeout(60_000);
    const [first, second] = [await ingress().named('first'), await ingress().named('second')];
    await ingress().apply([routeTo(appHost, [first]), routeTo(appHost, [second], { path: '/second/' })]);
    await ingress().subject.restart();
    expect((await ingress().ask('/', { isAlone: true })).body).to.equal('first');
    expect((await ingress().ask('/second', { isAlone: true })).body).to.equal('second');
    // And it goes on from there.
    await ingress().point(second);
    expect((await ingress().ask('/', { isAlone: true })).body).to.equal('second');
  });
}
