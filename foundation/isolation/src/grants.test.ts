import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PluginPackage } from '@containr/kernel';
import { definePlugin } from '@containr/sdk';
import type { PluginContext } from '@containr/sdk';
import { createLogger } from '@containr/sdk/host';
import { readPlugin, startTestPlatform, testDatabase, until } from '@containr/testing';
import type { TestDatabase, TestPlatform } from '@containr/testing';
import { expect } from 'chai';
import { openGrants } from './grant-store.ts';

const token = { type: 'string', writeOnly: true, default: '' };
const reader = `
const Rang = { type: 'event', name: 'bell.rang', payload: true };
export default {
  settings: { type: 'object', properties: { own: { type: 'string', writeOnly: true, default: '' } }, required: ['own'], additionalProperties: false },
  async setup(ctx) {
    const heard = [];
    ctx.events.on(Rang, async ({ payload }) => void heard.push(payload.n));
    const access = { permission: 'reader:read', summary: 'x', response: true };
    ctx.http.route({ method: 'GET', path: '/readers', ...access, handler: async () => ({ heard, own: ctx.settings.current.own }) });
    ctx.http.route({ method: 'GET', path: '/readers/{name}', ...access, handler: async ({ params }) => {
      const secret = await ctx.secrets.read(params.name);
      ctx.log.info({ nested: { list: ['a ' + secret] } }, 'read ' + secret);
      console.log('printed ' + secret);
      return { secret };
    } });
  },
};
`;

/** A trusted neighbour with a secret of its own, which rings when it is asked to. */
const bell: PluginPackage = {
  name: 'bell',
  version: '1.0.0',
  directory: '/nowhere',
  manifest: {
    displayName: 'Bell',
    requires: {},
    permissions: { 'bell:ring': 'Ring' },
    segments: ['bells'],
    roots: [],
    programs: {},
  },
  load: async () =>
    definePlugin({
      settings: {
        type: 'object',
        properties: { token, plain: { type: 'string', default: '' } },
        required: ['token', 'plain'],
        additionalProperties: false,
      },
      setup(ctx: PluginContext) {
        const rang = {
          ...{ type: 'event', name: 'bell.rang', payload: true, permission: 'bell:ring' },
          topics: () => [],
        } as const;
        let n = 0;
        ctx.events.define(rang);
        ctx.http.route({
          method: 'POST',
          path: '/bells',
          permission: 'bell:ring',
          summary: 'Rings',
          response: true,
          async handler() {
            n += 1;
            await ctx.store.system('the test rings').transaction(async (unit) => unit.emit(rang, { n }));
            return { n };
          },
        });
      },
    }),
};

describe('what is granted to an isolated plugin', function () {
  this.timeout(60_000);
  let folder: string;
  let database: TestDatabase;
  let a: TestPlatform;
  let b: TestPlatform;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-grants-'));
    await chmod(folder, 0o755);
    await mkdir(join(folder, 'reader'));
    const manifest = {
      ...{ name: '@example/plugin-reader', version: '1.0.0', type: 'module', exports: './plugin.js' },
      containr: {
        ...{ displayName: 'Reader', requires: {}, permissions: { 'reader:read': 'Read' }, segments: ['readers'] },
        wants: { secrets: { 'bell.token': 'To ring' }, events: { 'bell.rang': 'To hear' } },
      },
    };
    await writeFile(join(folder, 'reader', 'package.json'), JSON.stringify(manifest));
    await writeFile(join(folder, 'reader', 'plugin.js'), reader);
    database = await testDatabase();
    const plugins = async () => [bell, await readPlugin(join(folder, 'reader'), 'isolated')];
    const data = { a: join(folder, 'a'), b: join(folder, 'b') };
    await (await startTestPlatform({ database, data: data.a, plugins: [bell] })).stop();
    // Granted before the plugin is there for the first time: it can't start without.
    const sealer = { seal: (...[, , text]: string[]) => text ?? '', open: (...[, , text]: string[]) => text ?? '' };
    const early = openGrants(database.pool, sealer, createLogger({ level: 'silent' }));
    await early.change('reader', [{ kind: 'events', value: 'bell.rang', granted: true }], 'the test');
    // Processes of one install share its key ring.
    await cp(join(data.a, 'keys'), join(data.b, 'keys'), { recursive: true });
    a = await startTestPlatform({ database, data: data.a, plugins: await plugins() });
    b = await startTestPlatform({ database, data: data.b, plugins: await plugins() });
  });
  after(async () => {
    await b.stop();
    await a.stop();
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const change = (on: TestPlatform, body: object) =>
    on.console('/plugins/reader/grants', { method: 'PATCH', body: { allow: [], deny: [], ...body } });
  const read = async (on: TestPlatform, name: string) => {
    const answer = await on.console(`/readers/${name}`);
    return answer.field('secret') ?? answer.field('code');
  };

  it('are secrets of others by name, in every process at once, and its own without asking', async () => {
    await a.console('/settings/bell', { method: 'PATCH', body: { token: 'ding-dong-secret', plain: 'v2.a.b.c' } });
    await a.console('/settings/reader', { method: 'PATCH', body: { own: 'mine-alone' } });
    await until('both have the setting', async () =>
      (await Promise.all([a, b].map((on) => on.console('/readers')))).every((one) => one.field('own') === 'mine-alone'),
    );
    const names = ['reader.own', 'bell.token', 'bell.plain', 'bell.none', 'none', 'bell.__proto__'];
    for (const on of [a, b]) {
      expect(await Promise.all(names.map((name) => read(on, name)))).to.deep.equal([
        'mine-alone',
        ...names.slice(1).map(() => 'GRANT_MISSING'),
      ]);
    }
    const all = names.slice(1).map((value) => ({ kind: 'secrets', value }));
    const granted = await change(a, { allow: all.filter(({ value }) => !value.includes('_')) });
    expect(granted.status, granted.text).to.equal(200);
    for (const on of [a, b]) {
      await until('it is granted there', async () => (await read(on, 'bell.token')) === 'ding-dong-secret');
      expect(await read(on, 'bell.none')).to.equal('NOT_FOUND');
      expect(await read(on, 'none')).to.equal('NOT_FOUND');
      // Not one that an admin marked as a secret, whatever it looks like.
      expect(await read(on, 'bell.plain')).to.equal('SECRET_UNREADABLE');
    }
    await change(b, { deny: all });
    await until('it is taken back here', async () => (await read(a, 'bell.token')) === 'GRANT_MISSING');
    expect(await read(b, 'bell.token')).to.equal('GRANT_MISSING');
  });

  it('reach a process that can’t set the plugin up anew: what is taken back is gone all the same', async () => {
    const heard = async (on: TestPlatform) => ((await on.console('/readers')).field('heard') as number[]).length;
    const ring = () => a.console('/bells', { method: 'POST' });
    await ring();
    await until('one of them heard', async () => (await heard(a)) + (await heard(b)) === 1);
    const denied = await change(a, { deny: [{ kind: 'events', value: 'bell.rang' }] });
    expect(denied.status, denied.text).to.equal(200);
    expect(denied.field('problem', 'code')).to.equal('GRANT_MISSING');
    const shown = await a.console('/plugins/reader/grants');
    expect(shown.field('problem'), shown.text).to.deep.equal(denied.field('problem'));
    const before = (await heard(a)) + (await heard(b));
    await ring();
    await until('the event is over for everybody', async () => {
      const { rows } = await database.pool.query<{ over: boolean }>(
        `select bool_and(o.position <= c.position) as over from containr.outbox o, containr.event_cursors c
          where o.name = 'bell.rang' and c.event = o.name and c.plugin = 'reader'`,
      );
      return rows[0]?.over;
    });
    expect((await heard(a)) + (await heard(b))).to.equal(before);
    const again = await change(a, { allow: [{ kind: 'events', value: 'bell.rang' }] });
    expect(again.field('problem')).to.equal(null);
    await ring();
    await until('it is heard again', async () => (await heard(a)) + (await heard(b)) > 0);
  });

  it('set up anew what failed for want of them, in every process', async () => {
    const states = async () =>
      Promise.all([a, b].map(async (on) => (await on.console('/plugins/reader')).field('state')));
    await a.console('/plugins/reader/disable', { method: 'POST' });
    await until('both are off', async () => (await states()).every((state) => state === 'stopped'));
    await change(a, { deny: [{ kind: 'events', value: 'bell.rang' }] });
    const refused = await a.console('/plugins/reader/enable', { method: 'POST' });
    expect(refused.field('code'), refused.text).to.equal('GRANT_MISSING');
    expect((await a.console('/plugins/reader/grants')).field('problem', 'code')).to.equal('GRANT_MISSING');
    await until('both failed', async () => (await states()).every((state) => state === 'failed'));
    const granted = await change(a, { allow: [{ kind: 'events', value: 'bell.rang' }] });
    expect(granted.field('problem'), granted.text).to.equal(null);
    await until('both are on', async () => (await states()).every((state) => state === 'active'));
  });
});
