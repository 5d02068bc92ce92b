import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { PluginPackage } from '@containr/kernel';
import { definePlugin } from '@containr/sdk';
import { testDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { startTestPlatform, until } from './platform.ts';
import type { TestPlatform } from './platform.ts';

const settings = {
  type: 'object',
  properties: {
    word: { type: 'string', maxLength: 10, default: 'Hello' },
    key: { type: 'string', default: '', writeOnly: true },
  },
  required: ['word', 'key'],
  additionalProperties: false,
} as const;

/** Two plugins that say what they were told: one follows its settings, the other is set up anew. */
function plugins(): { packages: readonly PluginPackage[]; setups: Map<string, number> } {
  const setups = new Map<string, number>();
  const made = (name: string, follows: boolean): PluginPackage => ({
    name,
    version: '1.0.0',
    directory: '/nowhere',
    manifest: { displayName: name, requires: {}, permissions: {}, segments: [name], roots: [], programs: {} },
    load: async () =>
      definePlugin({
        settings,
        setup(ctx) {
          setups.set(name, (setups.get(name) ?? 0) + 1);
          if (follows) ctx.settings.onChange(() => undefined);
          const { word } = ctx.settings.current;
          ctx.http.route({
            method: 'GET',
            path: `/${name}`,
            public: true,
            summary: 'Says what it was told',
            response: {},
            handler: async () => ({ word: follows ? ctx.settings.current.word : word, key: ctx.settings.current.key }),
          });
        },
      }),
  });
  return { packages: [made('follower', true), made('rebuilt', false)], setups };
}

describe('a change of settings', () => {
  const here = plugins();
  const there = plugins();
  let database: TestDatabase;
  let data: string;
  let a: TestPlatform;
  let b: TestPlatform;

  before(async () => {
    database = await testDatabase();
    a = await startTestPlatform({ plugins: here.packages, database });
    data = await mkdtemp(join(tmpdir(), 'containr-second-'));
    await symlink(join(a.data, 'keys'), join(data, 'keys'));
    b = await startTestPlatform({ plugins: there.packages, database, data });
  });
  after(async () => {
    await Promise.all([a?.stop(), b?.stop()]);
    await rm(data, { recursive: true, force: true });
    await database.stop();
  });
  const told = async (one: TestPlatform, plugin: string) => (await one.request(`/api/v1/${plugin}`)).json;
  const change = (plugin: string, body: object) => a.console(`/settings/${plugin}`, { method: 'PATCH', body });

  for (const plugin of ['follower', 'rebuilt'])
    it(`reaches the plugin ${plugin} in every process, secrets too`, async () => {
      expect((await change(plugin, { word: 'Hi', key: 'secret' })).status).to.equal(200);
      expect(await told(a, plugin)).to.deep.equal({ word: 'Hi', key: 'secret' });
      await until('the other process was told', async () => {
        const { word, key } = (await told(b, plugin)) as { word: string; key: string };
        return word === 'Hi' && key === 'secret';
      });
      expect((await b.console(`/settings/${plugin}`)).json).to.deep.include({ version: 1, value: { word: 'Hi' } });
    });

  it('sets up anew only what does not follow', () => {
    for (const { setups } of [here, there])
      expect([...setups]).to.deep.equal([
        ['follower', 1],
        ['rebuilt', 2],
      ]);
  });

  it('that the schema refuses is stored nowhere, and names its fields', async () => {
    const refused = await change('follower', { word: 'far too long a word' });
    expect([refused.status, refused.field('errors', 0, 'path')]).to.deep.equal([422, '/word']);
    expect((await b.console('/settings/follower/history')).field('items')).to.have.lengthOf(1);
  });

  it('is taken back by any process', async () => {
    const restored = await b.console('/settings/follower/restore', { method: 'POST', body: { version: 0 } });
    expect(restored.json).to.deep.include({ version: 2, value: { word: 'Hello' }, secretsSet: [] });
    await until('the first process was told', async () => {
      const { word } = (await told(a, 'follower')) as { word: string };
      return word === 'Hello';
    });
    const { json } = await a.console('/settings/follower/history?limit=1');
    expect(json).to.have.nested.property('items[0].restored', 0);
    expect(json).to.have.property('nextCursor', '2');
  });
});
