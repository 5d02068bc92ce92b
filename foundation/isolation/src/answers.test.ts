import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { until } from '@containr/testing';
import { openArena } from '../test/arena.ts';
import type { Arena } from '../test/arena.ts';

/** A raw route of the hostile plugin that anybody may ask. */
const raw = (path: string, handler: string, more = '') =>
  `ctx.http.raw({ methods: ['GET', 'POST'], path: '/hostiles${path}', public: true, summary: 'x', accepts: ['*/*'], maxBytes: 1e8, ${more} handler: ${handler} });`;

describe('answers of a hostile plugin', function () {
  this.timeout(60_000);
  let arena: Arena;
  before(async () => {
    arena = await openArena();
  });
  after(() => arena.stop());
  afterEach(async () => {
    expect(await arena.neighbourAnswers(), 'the neighbour').to.equal(true);
  });

  async function enter(body: string): Promise<void> {
    const entered = await arena.enter(body);
    expect(entered.status, entered.text).to.equal(200);
  }

  function open(path: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      get(`${arena.test.origin}/api/v1/hostiles${path}`, resolve).once('error', reject);
    });
  }

  it('set no cookie, no policy, no header of the connection, and no second line', async () => {
    const headers = JSON.stringify([
      ['set-cookie', 'session=stolen; Path=/'],
      ['content-security-policy', "script-src 'unsafe-inline'"],
      ['access-control-allow-origin', '*'],
      ['connection', 'keep-alive, x-plugin-own'],
      ['transfer-encoding', 'chunked'],
      ['upgrade', 'h2c'],
      ['service-worker-allowed', '/'],
      ['clear-site-data', '"*"'],
      ['x-plugin-own', 'kept'],
    ]);
    await enter(
      `${raw('/headers', `async () => new Response('x', { headers: ${headers} })`)}
       // Past the client: what Response itself would refuse.
       ${raw('/split', `async () => ({ status: 200, headers: [['x-plugin-own', 'kept'], ['x-plugin-split', 'a\\r\\nset-cookie: session=split']], body: null })`)}`,
    );
    const split = await arena.test.request('/api/v1/hostiles/split');
    expect([split.status, split.headers['set-cookie']]).to.deep.equal([502, undefined]);
    const answer = await arena.test.request('/api/v1/hostiles/headers');
    expect([answer.status, answer.headers['x-plugin-own']]).to.deep.equal([200, 'kept']);
    expect(answer.headers).to.not.have.any.keys(
      'set-cookie',
      'access-control-allow-origin',
      'upgrade',
      'service-worker-allowed',
      'clear-site-data',
    );
    expect(answer.headers['content-security-policy']).to.equal("sandbox; default-src 'none'");
    expect(answer.headers['connection']).to.not.contain('x-plugin-own');
  });

  it('are refused with more headers than a browser takes', async () => {
    await enter(
      raw(
        '/huge',
        `async () => new Response('x', { headers: { 'x-plugin-a': 'a'.repeat(15000), 'x-plugin-b': 'b'.repeat(15000) } })`,
      ),
    );
    const answer = await arena.test.request('/api/v1/hostiles/huge');
    expect([answer.status, answer.field('code')]).to.deep.equal([502, 'PLUGIN_MESSAGE']);
  });

  it('that never end wait in its own process for a reader who does not read', async () => {
    await enter(
      `let given = 0;
       const piece = new Uint8Array(262144).fill(120);
       ${raw('/endless', `async () => new Response(new ReadableStream({ pull(to) { given += 1; to.enqueue(piece); } }, { highWaterMark: 0 }))`)}
       route(ctx, '/hostiles/given', async () => given);`,
    );
    const given = async (): Promise<number> => Number((await arena.test.console('/hostiles/given')).json);
    const response = await open('/endless');
    response.pause();
    let last = -1;
    await until('it stands still', async () => {
      const now = await given();
      const still = now === last;
      last = now;
      return still && now > 0;
    });
    // What the sockets and one piece on each side hold.
    expect(last * 262_144).to.be.lessThan(40 * 1_048_576);
    response.destroy();
  });

  it('come to nobody once it is off', async () => {
    await enter(
      `${raw('/late', `async () => { await new Promise((resolve) => setTimeout(resolve, 3000)); return new Response('late'); }`)}
       ${raw('/drip', `async () => new Response(new ReadableStream({ async pull(to) { await new Promise((resolve) => setTimeout(resolve, 50)); to.enqueue(new Uint8Array([120])); } }))`)}`,
    );
    const late = arena.test.request('/api/v1/hostiles/late');
    const drip = await open('/drip');
    await once(drip, 'data');
    const ended = new Promise((resolve) =>
      drip
        .once('close', resolve)
        .on('error', () => undefined)
        .resume(),
    );
    await arena.leave();
    expect((await late).status).to.equal(503);
    await ended;
    expect((await arena.test.request('/api/v1/hostiles/late')).field('code')).to.equal('PLUGIN_OFF');
  });

  it('do not keep others waiting, whoever trickles requests to it or leaves its sockets open', async () => {
    await enter(
      `${raw('/slow', `async (request) => { await request.text(); return new Response('x'); }`)}
       ctx.http.socket({ path: '/hostiles/socket', public: true, summary: 'x', open: () => new Promise(() => {}) });`,
    );
    const { port } = new URL(arena.test.origin);
    const sockets = Array.from({ length: 100 }, (_, n) => {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
      const path = n % 2 === 0 ? '/slow' : '/socket';
      socket.write(
        n % 2 === 0
          ? `POST /api/v1/hostiles${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 1000\r\n\r\nx`
          : `GET /api/v1/hostiles${path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      );
      return socket;
    });
    for (let n = 0; n < 30; n += 1) expect(await arena.neighbourAnswers()).to.equal(true);
    await arena.leave();
    for (const socket of sockets) socket.destroy();
  });
});
