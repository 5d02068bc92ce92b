import { expect } from 'chai';
import type { PluginPackage } from '@containr/kernel';
import type { Plugin } from '@containr/sdk';
import { defineContract, defineHook } from '@containr/sdk';
import { startTestPlatform, until } from './platform.ts';
import type { TestPlatform } from './platform.ts';

const Text = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
} as const;
const Shout = defineContract('shouter', 'Shouts', { shout: { input: Text, output: Text } });
const Louder = defineHook({ name: 'shout.amend', kind: 'amend', payload: Text, summary: 'Makes a shout louder' });

function made(name: string, plugin: Plugin, segments: string[] = []): PluginPackage {
  const manifest = { displayName: name, requires: {}, permissions: {}, segments, roots: [], programs: {} };
  return { name, version: '1.0.0', directory: '/nowhere', manifest, load: async () => plugin };
}

describe('looking into a plugin', () => {
  let test: TestPlatform;
  const held = Promise.withResolvers<void>();
  const owner = made('shouter', {
    setup(ctx) {
      ctx.hooks.define(Louder);
      ctx.services.provide(Shout, { shout: (input) => ctx.hooks.run(Louder, input) });
    },
  });
  const user = made(
    'user',
    {
      setup(ctx) {
        ctx.own('something of its own', () => undefined);
        ctx.repeat('nothing', 60_000, async () => undefined);
        ctx.settings.onChange(() => undefined);
        ctx.hooks.tap(Louder, async ({ text }) => ({ text: text.toUpperCase() }));
        const shouter = ctx.services.get(Shout);
        const common = { method: 'GET', public: true, response: Text } as const;
        ctx.http.route({
          ...common,
          path: '/shouts',
          summary: 'Shouts',
          handler: () => shouter.shout({ text: 'hello' }, { principal: ctx.principal(null) }),
        });
        ctx.http.route({
          ...common,
          path: '/shouts/broken',
          summary: 'Breaks',
          handler: () => Promise.reject(new TypeError('out of breath')),
        });
        ctx.http.route({
          ...common,
          path: '/shouts/slow',
          summary: 'Waits',
          handler: async () => {
            await held.promise;
            return { text: 'at last' };
          },
        });
      },
    },
    ['shouts'],
  );

  before(async () => {
    test = await startTestPlatform({ plugins: [owner, user] });
  });
  after(async () => {
    held.resolve();
    await test.stop();
  });
  const look = (plugin: string) => test.console(`/plugins/${plugin}/inspect`);

  it('counts all that its scope owns, by kind', async () => {
    const { json } = await look('user');
    const owns = (json as { owns: { kind: string; label: string }[] }).owns;
    const kinds = Object.groupBy(owns, ({ kind }) => kind);
    expect(Object.fromEntries(Object.entries(kinds).map(([kind, all = []]) => [kind, all.length]))).to.deep.include({
      own: 1,
      repeat: 1,
      settings: 1,
      tap: 1,
      route: 3,
    });
    expect(owns.map(({ label }) => label)).to.deep.equal((await test.console('/plugins/user')).field('contributions'));
  });

  it('tells calls, errors with source and time, and latency of each handler', async () => {
    for (let asked = 0; asked < 3; asked += 1)
      expect((await test.request('/api/v1/shouts')).json).to.deep.equal({ text: 'HELLO' });
    expect((await test.request('/api/v1/shouts/broken')).status).to.equal(500);
    const handlers = (await look('user')).field('handlers') as { label: string }[];
    const of = (label: string) => handlers.find((one) => one.label === label);
    expect(of('route GET /shouts')).to.include({ calls: 3, errors: 0, inside: 0, lastError: null });
    expect(of('route GET /shouts')).to.have.property('p95Ms').that.is.greaterThan(0);
    expect(of('tap shout.amend')).to.include({ calls: 3, errors: 0 });
    expect(of('route GET /shouts/broken')).to.include({ calls: 1, errors: 1 });
    expect(of('route GET /shouts/broken'))
      .to.have.property('lastError')
      .that.includes({ code: 'TypeError', message: 'out of breath' });
    expect(of('route GET /shouts/broken'))
      .to.have.nested.property('lastError.source')
      .that.includes('inspection.test.ts:');
    expect((await look('shouter')).field('handlers', 0)).to.include({
      label: 'service shouter shouter shout',
      calls: 3,
    });
  });

  it('tells what it touches, and whose that is', async () => {
    expect((await look('user')).field('touches')).to.deep.equal([
      { role: 'taps', type: 'hook', name: 'shout.amend', plugin: 'shouter' },
      { role: 'calls', type: 'contract', name: 'shouter', plugin: 'shouter' },
    ]);
  });

  it('counts what is under way, and says that memory is shared', async () => {
    const slow = test.request('/api/v1/shouts/slow');
    await until('the request is inside', async () => (await look('user')).field('now', 'requests') === 1);
    held.resolve();
    await slow;
    await until('it has left', async () => (await look('user')).field('now', 'requests') === 0);
    expect((await look('user')).json)
      .to.have.property('memory')
      .that.deep.includes({ bytes: null });
  });

  it('owns nothing while it is off', async () => {
    await test.console('/plugins/user/disable', { method: 'POST' });
    expect((await look('user')).json).to.deep.include({ state: 'stopped', owns: [], handlers: [], touches: [] });
    expect((await look('nobody')).field('code')).to.equal('NOT_FOUND');
  });
});
