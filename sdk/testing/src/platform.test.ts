import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { discover } from '@containr/kernel';
import type { PluginPackage } from '@containr/kernel';
import { definePlugin } from '@containr/sdk';
import type { Plugin } from '@containr/sdk';
import { startTestPlatform, until } from './platform.ts';
import type { TestPlatform } from './platform.ts';

const fixtures = fileURLToPath(new URL('../../../kernel/test/fixtures/plugins/', import.meta.url));

function made(
  name: string,
  plugin: Pick<Plugin, 'setup'>,
  manifest: Partial<PluginPackage['manifest']> = {},
): PluginPackage {
  const full = { displayName: name, requires: {}, permissions: {}, segments: [], roots: [], programs: {}, ...manifest };
  return { name, version: '1.0.0', directory: fixtures, manifest: full, load: async () => plugin };
}

describe('a platform with no plugins', () => {
  it('boots, says that it is ready, and knows the console and nobody else', async () => {
    const test = await startTestPlatform();
    expect((await test.request('/healthz')).json).to.deep.equal({ ok: true });
    expect((await test.request('/readyz')).json).to.deep.include({ ready: true });
    expect((await test.console('/plugins')).json).to.deep.equal({ items: [], nextCursor: null });
    expect((await test.request('/api/v1/plugins')).field('code')).to.equal('UNAUTHENTICATED');
    expect((await test.request('/api/v1/plugins', { token: 'ctr_x' })).field('code')).to.equal('DEPENDENCY_DOWN');
    const { json } = await test.request('/api/v1/openapi.json');
    expect(json).to.have.property('openapi', '3.1.0');
    expect(json).to.have.nested.property('paths./api/v1/plugins/{name}/enable.post.x-permission', 'plugin:manage');
    await test.stop();
  });
});

describe('a plugin in a platform', () => {
  let test: TestPlatform;
  before(async () => {
    test = await startTestPlatform({ plugins: await discover(fixtures) });
  });
  after(() => test.stop());
  const greet = () => test.request('/api/v1/greetings/Ann');
  const verb = (name: string, path = '') => test.console(`/plugins/greeter/${name}${path}`, { method: 'POST' });

  it('answers, and shows what it owns', async () => {
    expect((await greet()).json).to.deep.equal({ text: 'Hello, Ann!' });
    const { json } = await test.console('/plugins/greeter');
    expect(json).to.deep.include({ name: 'greeter', state: 'active', version: '1.2.0', cause: null, hasUi: false });
    expect(json)
      .to.have.property('contributions')
      .that.includes.members([
        'store',
        'hook greeting.amend',
        'tap greeting.amend',
        'repeat nothing',
        'route GET /greetings/{name}',
        'http',
      ]);
  });

  it('goes and comes by the API, and says who it is while it is off', async () => {
    expect((await verb('disable', '?dryRun=true')).json).to.deep.include({
      dryRun: true,
      touches: [{ name: 'greeter', becomes: 'stopped' }],
    });
    expect((await greet()).status).to.equal(200);
    expect((await verb('disable')).field('plugin', 'state')).to.equal('stopped');
    const off = await greet();
    expect([off.status, off.field('code')]).to.deep.equal([503, 'PLUGIN_OFF']);
    expect(off.field('detail')).to.include('Greeter');
    expect(off.field('hint')).to.include('/api/v1/plugins/greeter/enable');
    expect((await test.request('/api/v1/openapi.json')).text).not.to.include('/greetings');
    expect((await verb('replace')).field('code')).to.equal('CONFLICT_PLUGIN_OFF');
    expect((await verb('enable')).field('plugin', 'state')).to.equal('active');
    expect((await greet()).status).to.equal(200);
  });

  it('is replaced without a failed request when its settings change, and keeps its secrets', async () => {
    let done = false;
    const loading = (async () => {
      const bad: string[] = [];
      for (let asked = 0; !done || asked < 20; asked += 1) {
        const answer = await greet();
        if (answer.status !== 200) bad.push(answer.text);
      }
      return bad;
    })();
    const changed = await test.console('/settings/greeter', { method: 'PATCH', body: { word: 'Hi', key: 'hidden' } });
    expect(changed.json).to.deep.include({ plugin: 'greeter', value: { word: 'Hi' }, secretsSet: ['key'], version: 1 });
    for (let round = 0; round < 5; round += 1) expect((await verb('replace')).status).to.equal(200);
    done = true;
    expect(await loading).to.deep.equal([]);
    expect((await greet()).json).to.deep.equal({ text: 'Hi, Ann!' });
    expect((await test.console('/settings/greeter', { method: 'PATCH', body: { word: 1 } })).status).to.equal(422);
    expect(
      (await test.console('/settings/greeter', { method: 'PATCH', body: {}, headers: { 'if-match': '"0"' } })).status,
    ).to.equal(412);
    expect((await test.console('/settings/greeter')).text).not.to.include('hidden');
  });

  it('streams what happens to who may see it, and how plugins change', async () => {
    const seen: string[] = [];
    const stream = get(
      { socketPath: test.platform.consoleSocket, path: '/api/v1/events?topics=greetings,plugins' },
      (answer) =>
        answer
          .setEncoding('utf8')
          .on('data', (text: string) => seen.push(text))
          .on('error', () => undefined),
    );
    stream.on('error', () => undefined);
    await until('the stream is open', async () => seen.length > 0);
    const found = (text: string) => until(`"${text}" arrives`, async () => seen.join('').includes(text));
    await test.console('/greetings', { method: 'POST', body: { text: 'over the wire' } });
    await found('over the wire');
    expect(seen.join('')).to.match(/id: \d+\nevent: greeting\.given\n/);
    await verb('disable');
    await verb('enable');
    await found('"state":"stopped"');
    stream.destroy();
    expect((await test.request('/api/v1/events')).status).to.equal(401);
  });
});

describe('plugins that need each other', () => {
  const permissions = { 'thing:read': 'See things' };
  const quiet = definePlugin({ setup: () => undefined });

  it('stop in reverse, wait, and start again with what they need', async () => {
    const test = await startTestPlatform({
      plugins: [
        made('base', quiet),
        made('upper', quiet, { requires: { base: '^1' } }),
        made('top', quiet, { requires: { upper: '^1' } }),
      ],
    });
    const disabled = await test.console('/plugins/base/disable', { method: 'POST' });
    expect(disabled.field('touches')).to.deep.equal([
      { name: 'top', becomes: 'waiting' },
      { name: 'upper', becomes: 'waiting' },
      { name: 'base', becomes: 'stopped' },
    ]);
    expect((await test.console('/plugins/upper')).json).to.deep.include({ state: 'waiting', enabled: true });
    const refused = await test.console('/plugins/upper/enable', { method: 'POST' });
    expect([refused.status, refused.field('code')]).to.deep.equal([409, 'CONFLICT_PLUGIN_NEEDS']);
    await test.console('/plugins/base/enable', { method: 'POST' });
    expect(test.platform.lifecycle.list().map((plugin) => plugin.state)).to.deep.equal(['active', 'active', 'active']);
    await test.stop();
  });

  it('leave nothing when their set-up throws, and keep nobody else from starting', async () => {
    let fail = true;
    let undone = 0;
    const broken = definePlugin({
      setup(ctx) {
        ctx.own('effect', () => void (undone += 1));
        ctx.http.route({
          method: 'GET',
          path: '/things',
          permission: 'thing:read',
          summary: 'Reads',
          response: {},
          handler: async () => ({}),
        });
        if (fail) throw new Error('it can’t');
      },
    });
    const plugins = [made('broken', broken, { segments: ['things'], permissions }), made('other', quiet)];
    const refused = await startTestPlatform({ plugins }).then(
      () => null,
      (error: unknown) => String(error),
    );
    expect(refused).to.include('broken is failed: The set-up of broken failed: it can’t');
    expect(undone).to.equal(1);
    fail = false;
    const test = await startTestPlatform({ plugins });
    await test.platform.lifecycle.disable('broken');
    fail = true;
    const again = await test.console('/plugins/broken/enable', { method: 'POST' });
    expect([again.status, again.field('code')]).to.deep.equal([409, 'CONFLICT_PLUGIN_FAILED']);
    expect((await test.console('/things')).field('detail')).to.include('is failed');
    expect(test.platform.lifecycle.state('other')).to.equal('active');
    fail = false;
    expect((await test.console('/plugins/broken/enable', { method: 'POST' })).status).to.equal(200);
    expect((await test.console('/things')).status).to.equal(200);
    await test.stop();
  });

  it('stay off across a restart', async () => {
    const plugins = [made('base', quiet)];
    const first = await startTestPlatform({ plugins });
    await first.platform.lifecycle.disable('base');
    const { database, data } = first;
    await first.platform.stop();
    const error = await startTestPlatform({ plugins, database, data }).then(
      () => null,
      (thrown: unknown) => String(thrown),
    );
    expect(error).to.include('base is stopped');
    await first.stop();
  });
});
