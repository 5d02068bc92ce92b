import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import { openLive } from '../../live/src/live.ts';
import { createLogger } from '@containr/sdk/host';
import { servePlugins } from '../test/serve-plugin.ts';
import type { Served } from '../test/serve-plugin.ts';
import { placeOf } from './clients.ts';
import { Front } from './front.ts';
import type { FrontSettings } from './front.ts';

const log = createLogger({ level: 'silent' });
const defaults: FrontSettings = {
  limitRequests: true,
  anonymousPerMinute: 10,
  principalPerMinute: 20,
  guessesPerMinute: 2,
  trustedProxies: [],
  allowedOrigins: [],
};

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('what requests pass before their plugin', () => {
  const front = new Front();
  let served: Served;
  let stop: () => Promise<void>;

  before(async () => {
    served = await servePlugins({ front });
    await served.add('things', (http) => {
      const common = { summary: 'Answers', response: {} } as const;
      http.route({ ...common, method: 'GET', path: '/things/open', public: true, handler: async ({ ip }) => ({ ip }) });
      http.route({
        ...common,
        method: 'GET',
        path: '/things/mine',
        permission: 'thing:read',
        handler: async () => ({}),
      });
      http.route({
        ...common,
        method: 'POST',
        path: '/things/mine',
        permission: 'thing:read',
        handler: async () => ({}),
      });
      http.route({
        ...common,
        method: 'POST',
        path: '/things/guess',
        public: true,
        guessable: true,
        handler: async () => ({}),
      });
    });
  });
  after(() => served.close());
  beforeEach(async () => {
    const live = await openLive({ install: 'test', log });
    stop = () => live.stop();
    front.countBy(live.take);
    front.apply(defaults);
  });
  afterEach(() => stop());

  /** Asks from an address of this machine, `127.0.0.1` unless told. */
  function ask(
    path: string,
    options: { method?: string; headers?: Record<string, string>; from?: string } = {},
  ): Promise<Got> {
    const { method = 'GET', headers = {}, from = '127.0.0.1' } = options;
    return new Promise((resolve, reject) => {
      const { port } = new URL(served.origin);
      httpRequest({ host: '127.0.0.1', port, path, method, headers, localAddress: from, agent: false }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => (body += text));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      })
        .on('error', reject)
        .end();
    });
  }
  const times = async (count: number, path: string, options?: Parameters<typeof ask>[1]): Promise<number[]> => {
    const all = await Promise.all(Array.from({ length: count }, () => ask(path, options)));
    return all.map(({ status }) => status);
  };
  const count = (all: readonly number[], status: number): number => all.filter((one) => one === status).length;

  describe('limits', () => {
    it('stop a flood from one address, say when to come back, and leave others alone', async () => {
      const flood = await times(50, '/api/v1/things/open');
      expect(count(flood, 200)).to.be.within(10, 12);
      expect(count(flood, 200) + count(flood, 429)).to.equal(50);
      const refused = await ask('/api/v1/things/open');
      expect(JSON.parse(refused.body)).to.deep.include({ status: 429, code: 'TOO_MANY_REQUESTS' });
      expect(Number(refused.headers['retry-after'])).to.be.within(1, 6);
      expect(refused.headers['ratelimit-policy']).to.equal('"anonymous";q=10;w=60');
      expect(refused.headers['ratelimit']).to.match(/^"anonymous";r=0;t=\d+$/);
      expect((await ask('/api/v1/things/open', { from: '127.0.0.2' })).status).to.equal(200);
      const headers = { authorization: 'Bearer reader' };
      const mine = await ask('/api/v1/things/mine', { headers });
      expect([mine.status, mine.headers['ratelimit']]).to.deep.equal([200, '"principal";r=19;t=3']);
    });

    it('count a principal wherever it asks from, and each by itself', async () => {
      const reader = { headers: { authorization: 'Bearer reader' } };
      const here = await times(15, '/api/v1/things/mine', reader);
      const there = await times(15, '/api/v1/things/mine', { ...reader, from: '127.0.0.3' });
      expect(count(here, 200)).to.equal(15);
      expect(count(there, 200)).to.be.within(5, 7);
      const nobody = await ask('/api/v1/things/mine', { headers: { authorization: 'Bearer nobody' } });
      expect(nobody.status).to.equal(403);
    });

    it('are stricter where guesses are made, and for proofs that are not valid', async () => {
      expect(await times(2, '/api/v1/things/guess', { method: 'POST' })).to.deep.equal([200, 200]);
      expect((await ask('/api/v1/things/guess', { method: 'POST' })).status).to.equal(429);
      expect((await ask('/api/v1/things/open')).status).to.equal(200);
      const wrong = await times(30, '/api/v1/things/mine', { headers: { authorization: 'Bearer wrong' } });
      expect(count(wrong, 401)).to.be.within(20, 22);
      expect(count(wrong, 401) + count(wrong, 429)).to.equal(30);
      const right = await ask('/api/v1/things/mine', { headers: { authorization: 'Bearer reader' } });
      expect(right.status).to.equal(200);
    });

    it('are off when the settings say so', async () => {
      front.apply({ ...defaults, limitRequests: false });
      const all = await times(50, '/api/v1/things/open');
      expect(count(all, 200)).to.equal(50);
      expect((await ask('/api/v1/things/open')).headers).not.to.have.property('ratelimit');
    });
  });

  describe('the client’s address', () => {
    const forged = { headers: { 'x-forwarded-for': '9.9.9.9' } };

    it('is not what a stranger writes into X-Forwarded-For', async () => {
      expect((await ask('/api/v1/things/open', forged)).body).to.equal('{"ip":"127.0.0.1"}');
      const flood = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          ask('/api/v1/things/open', { headers: { 'x-forwarded-for': `9.9.9.${n}` } }),
        ),
      );
      const statuses = flood.map(({ status }) => status);
      expect(count(statuses, 200)).to.be.within(9, 11);
    });

    it('is what a trusted proxy saw, not what its client made up', async () => {
      front.apply({ ...defaults, trustedProxies: ['127.0.0.0/8', 'nonsense', '2001:db8::/32'] });
      expect((await ask('/api/v1/things/open', forged)).body).to.equal('{"ip":"9.9.9.9"}');
      const chain = { headers: { 'x-forwarded-for': '6.6.6.6, 9.9.9.9, 127.0.0.7' } };
      expect((await ask('/api/v1/things/open', chain)).body).to.equal('{"ip":"9.9.9.9"}');
      const odd = { headers: { 'x-forwarded-for': 'what, ' } };
      expect((await ask('/api/v1/things/open', odd)).body).to.equal('{"ip":"127.0.0.1"}');
      front.apply({ ...defaults, trustedProxies: ['10.0.0.1'] });
      expect((await ask('/api/v1/things/open', forged)).body).to.equal('{"ip":"127.0.0.1"}');
    });

    it('counts for a whole network where one has as many as one likes', () => {
      expect(placeOf('10.1.2.3')).to.equal('10.1.2.3');
      expect(placeOf('::ffff:10.1.2.3')).to.equal('10.1.2.3');
      expect(placeOf('2001:db8:1:2:3:4:5:6')).to.equal('2001:db8:1:2');
      expect(placeOf('2001:db8::6')).to.equal('2001:db8:0:0');
      expect(placeOf('::1')).to.equal('0:0:0:0');
    });
  });

  describe('pages of other origins', () => {
    const page = 'https://tools.example.com';
    const preflight = { method: 'OPTIONS', headers: { origin: page, 'access-control-request-method': 'POST' } };
    const bySession = {
      method: 'POST',
      headers: { origin: page, cookie: 'session=ann', 'sec-fetch-site': 'same-site' },
    };

    it('are told nothing unless they are listed', async () => {
      const answer = await ask('/api/v1/things/open', { headers: { origin: page } });
      expect(answer.headers).not.to.have.property('access-control-allow-origin');
      expect((await ask('/api/v1/things/open', preflight)).status).to.equal(404);
      expect(JSON.parse((await ask('/api/v1/things/mine', bySession)).body)).to.have.property('code', 'CROSS_SITE');
    });

    it('may ask when they are listed, also with a session', async () => {
      front.apply({ ...defaults, allowedOrigins: [page] });
      const answer = await ask('/api/v1/things/anything', preflight);
      expect(answer.status).to.equal(204);
      expect(answer.headers).to.deep.include({
        'access-control-allow-origin': page,
        'access-control-allow-credentials': 'true',
        'access-control-max-age': '600',
        vary: 'origin',
      });
      expect(answer.headers['access-control-allow-headers']).to.include('authorization');
      const got = await ask('/api/v1/things/mine', bySession);
      expect([got.status, got.headers['access-control-allow-origin']]).to.deep.equal([200, page]);
      expect(got.headers['access-control-expose-headers']).to.include('retry-after');
      const refused = await ask('/api/v1/things/mine', { headers: { origin: page } });
      expect([refused.status, refused.headers['access-control-allow-origin']]).to.deep.equal([401, page]);
      const other = await ask('/api/v1/things/open', { headers: { origin: 'https://other.example.com' } });
      expect(other.headers).not.to.have.property('access-control-allow-origin');
      expect((await ask('/elsewhere', preflight)).headers).not.to.have.property('access-control-allow-origin');
    });

    it('never act with a session when all are allowed', async () => {
      front.apply({ ...defaults, allowedOrigins: ['*'] });
      const answer = await ask('/api/v1/things/open', preflight);
      expect(answer.headers['access-control-allow-origin']).to.equal('*');
      expect(answer.headers).not.to.have.property('access-control-allow-credentials');
      expect(JSON.parse((await ask('/api/v1/things/mine', bySession)).body)).to.have.property('code', 'CROSS_SITE');
    });
  });
});
