import { expect } from 'chai';
import type { Live } from '@containr/sdk';
import { Scope } from '@containr/sdk';
import { createLogger } from '@containr/sdk/host';
import { redisIsHere, startRedis } from '../../../sdk/testing/src/redis-server.ts';
import type { TestRedis } from '../../../sdk/testing/src/redis-server.ts';
import { openLive } from './live.ts';
import type { SharedLive } from './live.ts';

const log = createLogger({ level: 'silent' });
const Count = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } as const;
let install = 0;

function opened(redisUrl: string | undefined) {
  install += 1;
  return openLive({ redisUrl, install: `test-${install}`, log });
}

async function until(what: string, check: () => boolean | Promise<boolean>, ms = 8000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What both promise. */
function promises(url: () => string | undefined): void {
  let shared: SharedLive;
  let scope: Scope;
  let live: Live;
  beforeEach(async () => {
    shared = await opened(url());
    scope = new Scope('test');
    live = shared.for('test', scope);
  });
  afterEach(async () => {
    await scope.dispose();
    await shared.stop();
  });

  it('keeps values for their time, for one plugin alone', async () => {
    const { cache } = live;
    expect(await cache.get('a', Count)).to.equal(null);
    await cache.set('a', { n: 1 }, 60_000);
    expect(await cache.get('a', Count)).to.deep.equal({ n: 1 });
    expect(await shared.for('other', scope).cache.get('a', Count)).to.equal(null);
    expect(await cache.get('a', { type: 'string' })).to.equal(null);
    await cache.delete('a');
    expect(await cache.get('a', Count)).to.equal(null);
    await cache.set('b', { n: 2 }, 20);
    await until('its end', async () => (await cache.get('b', Count)) === null);
  });

  it('looks once for many who ask at a time, and does not keep what was deleted meanwhile', async () => {
    const { cache } = live;
    const options = { schema: Count, ttlMs: 60_000 };
    let looks = 0;
    const gate = Promise.withResolvers<void>();
    const look = async () => {
      looks += 1;
      await gate.promise;
      return { n: looks };
    };
    const asked = Array.from({ length: 20 }, () => cache.through('a', options, look));
    await until('a look', () => looks === 1);
    gate.resolve();
    expect(await Promise.all(asked)).to.deep.equal(Array.from({ length: 20 }, () => ({ n: 1 })));
    expect(await cache.through('a', options, look)).to.deep.equal({ n: 1 });
    const second = Promise.withResolvers<void>();
    const late = cache.through('b', options, async () => {
      await second.promise;
      return { n: 9 };
    });
    await until('the value is looked for', async () => (await cache.get('b', Count)) === null);
    await cache.delete('b');
    second.resolve();
    expect(await late).to.deep.equal({ n: 9 });
    expect(await cache.get('b', Count)).to.equal(null);
    expect(await cache.through('c', options, async () => null)).to.equal(null);
    const thrown = await cache.through('c', options, () => Promise.reject(new Error('no'))).catch(String);
    expect(thrown).to.equal('Error: no');
  });

  it('allows so many in so much time, by key, also when they come at once', async () => {
    const rule = { limit: 5, windowMs: 60_000 };
    const taken = await Promise.all(Array.from({ length: 12 }, () => live.limits.take('a', rule)));
    expect(taken.filter(({ allowed }) => allowed)).to.have.length(5);
    const [first] = taken;
    expect(first?.remaining).to.equal(4);
    const refused = taken.find(({ allowed }) => !allowed);
    expect(refused?.remaining).to.equal(0);
    expect(refused?.retryMs).to.be.within(1, 12_000);
    expect(refused?.resetMs).to.be.within(12_001, 60_000);
    expect((await live.limits.take('b', rule)).allowed).to.equal(true);
    const fast = { limit: 1, windowMs: 30 };
    expect((await live.limits.take('c', fast)).allowed).to.equal(true);
    await until('it is allowed again', async () => (await live.limits.take('c', fast)).allowed);
  });

  it('tells who listens, in order, until they stop', async () => {
    const heard: unknown[] = [];
    const owned = live.fanOut.subscribe('lines', { message: (message) => void heard.push(message) });
    live.fanOut.subscribe('lines', {
      message: () => {
        throw new Error('a listener that fails');
      },
    });
    shared.for('other', scope).fanOut.publish('lines', 'not ours');
    for (let n = 0; n < 100; n += 1) live.fanOut.publish('lines', { n });
    await until('all messages', () => heard.length === 100);
    expect(heard).to.deep.equal(Array.from({ length: 100 }, (_, n) => ({ n })));
    expect(scope.labels).to.include('live lines');
    await owned.dispose();
    live.fanOut.publish('lines', 'late');
    expect(heard).to.have.length(100);
    await scope.dispose();
    expect(scope.labels).to.deep.equal([]);
  });
}

describe('live, in this process', () => {
  promises(() => undefined);
});

(redisIsHere ? describe : describe.skip)('live, over Redis (needs redis-server)', () => {
  let redis: TestRedis;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.kill());

  promises(() => redis.url);

  it('is shared by two processes', async () => {
    install += 1;
    const options = { redisUrl: redis.url, install: `test-${install}`, log };
    const [a, b] = [await openLive(options), await openLive(options)];
    const scope = new Scope('test');
    const [one, two] = [a.for('test', scope), b.for('test', scope)];
    const heard: unknown[] = [];
    two.fanOut.subscribe('lines', { message: (message) => void heard.push(message) });
    await until('a message from the other', async () => {
      one.fanOut.publish('lines', 'hi');
      return heard.length > 0;
    });
    const rule = { limit: 10, windowMs: 60_000 };
    const taken = await Promise.all(Array.from({ length: 30 }, (_, n) => (n % 2 ? one : two).limits.take('a', rule)));
    expect(taken.filter(({ allowed }) => allowed)).to.have.length(10);
    await one.cache.set('k', { n: 1 }, 60_000);
    expect(await two.cache.get('k', Count)).to.deep.equal({ n: 1 });
    await scope.dispose();
    await Promise.all([a.stop(), b.stop()]);
  });

  it('goes on alone while Redis is away, says so, and brings nothing back that was deleted', async () => {
    const shared = await opened(redis.url);
    const scope = new Scope('test');
    const live = shared.for('test', scope);
    let lost = 0;
    const heard: unknown[] = [];
    live.fanOut.subscribe('lines', { message: (message) => void heard.push(message), lost: () => void (lost += 1) });
    await live.cache.set('a', { n: 1 }, 60_000);
    expect(shared.down()).to.equal(null);
    await redis.kill();
    await until('it is noticed', () => shared.down() !== null && lost > 0);
    expect(await live.cache.get('a', Count)).to.equal(null);
    await live.cache.set('a', { n: 1 }, 60_000);
    await live.cache.delete('a');
    expect(await live.cache.through('a', { schema: Count, ttlMs: 1000 }, async () => ({ n: 2 }))).to.deep.equal({
      n: 2,
    });
    const rule = { limit: 2, windowMs: 60_000 };
    const taken = [];
    for (let n = 0; n < 3; n += 1) taken.push((await live.limits.take('a', rule)).allowed);
    expect(taken).to.deep.equal([true, true, false]);
    live.fanOut.publish('lines', 'alone');
    expect(heard).to.deep.equal(['alone']);
    const lostBefore = lost;
    await redis.start();
    await until('it is back', () => shared.down() === null && lost > lostBefore);
    await live.cache.set('b', { n: 3 }, 60_000);
    expect(await live.cache.get('b', Count)).to.deep.equal({ n: 3 });
    await scope.dispose();
    await shared.stop();
  });

  it('starts while Redis is away', async () => {
    const shared = await openLive({ redisUrl: 'redis://127.0.0.1:1', install: 'none', log });
    expect(shared.down()).to.be.a('string');
    await shared.stop();
  });
});
