import { get } from 'node:http';
import { expect } from 'chai';
import type { PluginPackage } from '@containr/kernel';
import { definePlugin } from '@containr/sdk';
import type { PluginContext } from '@containr/sdk';
import { testDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { startTestPlatform, until } from './platform.ts';
import type { TestPlatform } from './platform.ts';

function made(
  name: string,
  setup: (ctx: PluginContext) => void,
  manifest: Partial<PluginPackage['manifest']> = {},
): PluginPackage {
  const full = { displayName: name, requires: {}, permissions: {}, segments: [name], roots: [], programs: {} };
  return {
    name,
    version: '1.0.0',
    directory: '/nowhere',
    manifest: { ...full, ...manifest },
    load: async () => definePlugin({ setup }),
  };
}

function answering(ctx: PluginContext): void {
  ctx.http.route({
    method: 'GET',
    path: `/${ctx.plugin}`,
    public: true,
    summary: 'Says how often it was set up',
    response: {},
    handler: async () => ({}),
  });
}

/** The plugins of one process, which counts their set-ups and breaks them on demand. */
function plugins() {
  const setups = new Map<string, number>();
  const broken = new Set<string>();
  const counted = (ctx: PluginContext): void => {
    setups.set(ctx.plugin, (setups.get(ctx.plugin) ?? 0) + 1);
    if (broken.has(ctx.plugin)) throw new Error('it is broken here');
    answering(ctx);
  };
  return {
    setups,
    broken,
    packages: [
      made('steady', counted),
      made('base', counted),
      made('upper', counted, { requires: { base: '^1' } }),
      made('top', counted, { requires: { upper: '^1' } }),
    ],
  };
}

describe('two control-plane processes on one database', () => {
  const here = plugins();
  const there = plugins();
  let database: TestDatabase;
  let a: TestPlatform;
  let b: TestPlatform;

  before(async () => {
    database = await testDatabase();
    a = await startTestPlatform({ plugins: here.packages, database });
    b = await startTestPlatform({ plugins: there.packages, database });
  });
  after(async () => {
    await Promise.all([a.stop(), b.stop()]);
    await database.stop();
  });

  const states = (one: TestPlatform) =>
    one.platform.lifecycle
      .list()
      .map(({ name, state }) => `${name} ${state}`)
      .toSorted();
  const become = (one: TestPlatform, name: string, state: string) =>
    until(`${name} is ${state}`, async () => one.platform.lifecycle.state(name) === state);
  const verb = (one: TestPlatform, name: string, what: string) =>
    one.console(`/plugins/${name}/${what}`, { method: 'POST' });

  it('switch a plugin off and on together, with what needs it, and no other request fails', async () => {
    let done = false;
    const load = async (one: TestPlatform): Promise<string[]> => {
      const bad: string[] = [];
      while (!done) {
        const answer = await one.request('/api/v1/steady');
        if (answer.status !== 200) bad.push(answer.text);
      }
      return bad;
    };
    const loads = Promise.all([load(a), load(b)]);
    const before = new Map(here.setups);
    for (let round = 1; round <= 5; round += 1) {
      const [from, to] = round % 2 ? [a, b] : [b, a];
      expect((await verb(from, 'base', 'disable')).status).to.equal(200);
      await become(to, 'base', 'stopped');
      expect(states(to)).to.deep.equal(['base stopped', 'steady active', 'top waiting', 'upper waiting']);
      expect((await to.request('/api/v1/top')).field('code')).to.equal('PLUGIN_OFF');
      expect((await verb(from, 'base', 'enable')).status).to.equal(200);
      await become(to, 'top', 'active');
      expect(states(to)).to.deep.equal(states(from));
    }
    done = true;
    expect(await loads).to.deep.equal([[], []]);
    for (const name of ['base', 'upper', 'top'])
      expect([name, here.setups.get(name), there.setups.get(name)]).to.deep.equal([
        name,
        (before.get(name) ?? 0) + 5,
        (before.get(name) ?? 0) + 5,
      ]);
    expect([here.setups.get('steady'), there.setups.get('steady')]).to.deep.equal([1, 1]);
  });

  it('replace a plugin on both, once each', async () => {
    expect((await verb(a, 'steady', 'replace')).status).to.equal(200);
    await until('the other one replaced it', async () => there.setups.get('steady') === 2);
    expect((await verb(b, 'steady', 'replace')).status).to.equal(200);
    await until('the first one replaced it', async () => here.setups.get('steady') === 3);
    expect([here.setups.get('steady'), there.setups.get('steady')]).to.deep.equal([3, 3]);
  });

  it('keep a failure to the process that has it, and try again with the next change', async () => {
    there.broken.add('top');
    await verb(a, 'top', 'disable');
    await become(b, 'top', 'stopped');
    expect((await verb(a, 'top', 'enable')).status).to.equal(200);
    await become(b, 'top', 'failed');
    expect(a.platform.lifecycle.state('top')).to.equal('active');
    expect((await b.console('/plugins/top')).field('cause', 'detail')).to.include('it is broken here');
    expect((await b.request('/readyz')).text).to.include('it is broken here');
    there.broken.add('steady');
    expect((await verb(a, 'steady', 'replace')).status).to.equal(200);
    await until('the failed replacement shows', async () =>
      (await b.console('/plugins/steady')).text.includes('it is broken here'),
    );
    expect((await b.request('/api/v1/steady')).status).to.equal(200);
    there.broken.clear();
    expect((await verb(b, 'top', 'enable')).status).to.equal(200);
    await become(b, 'top', 'active');
  });

  it('catch up with what changed while the connection for notifications was lost', async () => {
    const listening = `select pid from pg_stat_activity where datname = current_database() and query = 'listen containr_plugins'`;
    await verb(a, 'top', 'disable');
    await become(b, 'top', 'stopped');
    // A change whose notification nobody heard.
    await database.pool.query(
      `update containr.plugins set enabled = true, generation = generation + 1 where name = 'top'`,
    );
    await database.pool.query(`select pg_terminate_backend(pid) from (${listening}) as lost`);
    await Promise.all([become(a, 'top', 'active'), become(b, 'top', 'active')]);
  });

  it('stream on one what happens on the other', async () => {
    const seen: string[] = [];
    const stream = get({ socketPath: b.platform.consoleSocket, path: '/api/v1/events?topics=plugins' }, (answer) =>
      answer
        .setEncoding('utf8')
        .on('data', (text: string) => seen.push(text))
        .on('error', () => undefined),
    ).on('error', () => undefined);
    await until('the stream is open', async () => seen.join('').includes('event: ready'));
    await verb(a, 'top', 'disable');
    await until('both tell it', async () => seen.join('').split('"state":"stopped"').length === 3);
    stream.destroy();
  });
});
