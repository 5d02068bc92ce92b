import { expect } from 'chai';
import type { Answer } from './answer.ts';
import { testDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { startTestPlatform, until } from './platform.ts';
import type { TestPlatform } from './platform.ts';
import { redisIsHere, startRedis } from './redis-server.ts';
import type { TestRedis } from './redis-server.ts';

const ask = (one: TestPlatform): Promise<Answer> => one.request('/api/v1/openapi.json');

async function allowed(platforms: readonly TestPlatform[], count: number): Promise<number> {
  const answers = await Promise.all(platforms.flatMap((one) => Array.from({ length: count }, () => ask(one))));
  return answers.filter(({ status }) => status === 200).length;
}

describe('limits of requests in a platform', () => {
  it('follow the settings of the install, never keep the console or a monitor out, and refuse what makes no sense', async () => {
    const test = await startTestPlatform({ settings: { kernel: {} } });
    const { json } = await test.console('/settings/kernel');
    expect(json).to.deep.include({ plugin: 'kernel', version: 0 });
    expect(json).to.have.nested.property('value.anonymousPerMinute', 600);
    const change = (body: unknown) => test.console('/settings/kernel', { method: 'PATCH', body });
    expect((await change({ anonymousPerMinute: 5 })).status).to.equal(200);
    expect(await allowed([test], 20)).to.be.within(5, 6);
    expect((await test.request('/readyz')).status).to.equal(200);
    expect((await test.console('/plugins')).status).to.equal(200);
    expect((await change({ allowedOrigins: ['not an origin'] })).field('code')).to.equal('INVALID');
    expect((await change({ limitRequests: false })).status).to.equal(200);
    expect(await allowed([test], 20)).to.equal(20);
    await test.stop();
  });

  (redisIsHere ? describe : describe.skip)('of two processes that share a Redis (needs redis-server)', () => {
    let redis: TestRedis;
    let database: TestDatabase;
    let platforms: TestPlatform[] = [];
    before(async () => {
      redis = await startRedis();
      database = await testDatabase();
      const options = { database, redisUrl: redis.url, settings: { kernel: {} } };
      platforms = [await startTestPlatform(options), await startTestPlatform(options)];
    });
    after(async () => {
      await Promise.all(platforms.map((one) => one.stop()));
      await database.stop();
      await redis.kill();
    });

    it('are counted together, and apart while Redis is away', async () => {
      const [first, second] = platforms;
      if (!first || !second) throw new Error('Two platforms were started');
      await first.console('/settings/kernel', { method: 'PATCH', body: { anonymousPerMinute: 30 } });
      await until(
        'the other took it over',
        async () => (await second.console('/settings/kernel')).field('value', 'anonymousPerMinute') === 30,
      );
      expect(await allowed(platforms, 30)).to.be.within(30, 34);
      await redis.kill();
      await until('it is noticed', async () => (await second.request('/readyz')).text.includes('"redis","ok":false'));
      expect(await allowed([second], 60)).to.be.within(1, 34);
    });
  });
});
