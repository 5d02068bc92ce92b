import { expect } from 'chai';
import type { TestDatabase, TestPlatform, TestRedis } from '@containr/testing';
import { redisIsHere, startRedis, startTestPlatform, testDatabase, until } from '@containr/testing';
import { Setup } from './contract.ts';

const owner = { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada', organisation: 'Ada' };

function revoking(redisOf: () => string | undefined): void {
  let database: TestDatabase;
  let platforms: TestPlatform[];
  before(async () => {
    database = await testDatabase();
    const redisUrl = redisOf();
    const options = { plugins: ['auth'], database, ...(redisUrl === undefined ? {} : { redisUrl }) };
    platforms = [await startTestPlatform(options), await startTestPlatform(options)];
  });
  after(async () => {
    await Promise.all(platforms.map((one) => one.stop()));
    await database.stop();
  });

  it('honours a session and a token on both, and what one revoked for at most a second on the other', async () => {
    const [a, b] = platforms;
    if (!a || !b) throw new Error('Two platforms were started');
    const { url } = await a.platform.services.get(Setup).link({}, { principal: a.platform.console });
    const token = new URL(url ?? '').searchParams.get('token');
    const made = await a.request('/api/v1/setup', { method: 'POST', body: { token, ...owner } });
    const secret = String(made.field('token', 'secret'));
    const signedIn = await a.request('/api/v1/sessions', {
      method: 'POST',
      body: { email: owner.email, password: owner.password },
    });
    const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? '';
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    const bySession = () => b.request('/api/v1/users/me', { headers });
    const byToken = () => b.request('/api/v1/users/me', { token: secret });
    expect([(await bySession()).status, (await byToken()).status]).to.deep.equal([200, 200]);
    expect((await a.request('/api/v1/sessions/current', { method: 'DELETE', headers })).status).to.equal(200);
    await until('the session ended on the other', async () => (await bySession()).status === 401, 1000);
    expect((await byToken()).status).to.equal(200);
    const id = String(made.field('token', 'id'));
    expect((await b.request(`/api/v1/tokens/${id}`, { method: 'DELETE', token: secret })).status).to.be.below(300);
    await until(
      'the token ended on the first',
      async () => {
        const answer = await a.request('/api/v1/users/me', { token: secret });
        return answer.status === 401;
      },
      1000,
    );
  });
}

describe('accounts in two control-plane processes', () => {
  revoking(() => undefined);
});

(redisIsHere ? describe : describe.skip)('accounts in two control-plane processes that share a Redis', () => {
  let redis: TestRedis;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.kill());
  revoking(() => redis.url);

  it('say that Redis is away, and go on', async () => {
    const test = await startTestPlatform({ plugins: ['auth'], redisUrl: redis.url });
    expect((await test.request('/readyz')).json).to.deep.include({ ready: true });
    await redis.kill();
    await until('it is told', async () => {
      const { json } = await test.request('/readyz');
      return JSON.stringify(json).includes('"redis","ok":false');
    });
    const ready = await test.request('/readyz');
    expect([ready.status, ready.field('ready')]).to.deep.equal([200, true]);
    expect((await test.console('/plugins')).status).to.equal(200);
    await test.stop();
  });
});
