import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { expect } from 'chai';
import type { PluginPackage } from '@containr/kernel';
import { definePlugin } from '@containr/sdk';
import { pack } from 'tar-stream';
import { testDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { packPlugin } from './pack-plugin.ts';
import { startTestPlatform, until } from './platform.ts';
import type { TestPlatform } from './platform.ts';

const firstParty: PluginPackage = {
  name: 'base',
  version: '2.0.0',
  directory: '/nowhere',
  manifest: { displayName: 'Base', requires: {}, permissions: {}, segments: ['base'], roots: [], programs: {} },
  load: async () => definePlugin({ setup: () => undefined }),
};

function says(version: string, more = ''): string {
  return `${more} ctx.http.route({ method: 'GET', path: '/' + ctx.plugin, public: true, summary: 'Says its version', response: {},
    handler: async () => ({ version: ${JSON.stringify(version)} }) });`;
}

const table = (name: string) => `{ name: '${name}', up: ['create table t_${name.replace('-', '_')} (id int)'] }`;

/** A kept-alive client that asks one address until it is stopped, and counts what was not a 200. */
function load(origin: string, path: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const answers = new Map<string, number>();
  let going = true;
  const count = (key: string): void => void answers.set(key, (answers.get(key) ?? 0) + 1);
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      get(`${origin}${path}`, { agent }, (response) => {
        void buffer(response).then((body) => {
          count(response.statusCode === 200 ? body.toString('utf8') : String(response.statusCode));
          resolve();
        });
      }).on('error', (error) => {
        count(error.message);
        resolve();
      });
    });
  const clients = Array.from({ length: 8 }, async () => {
    while (going) await one();
  });
  return {
    answers,
    async stop() {
      going = false;
      await Promise.all(clients);
      agent.destroy();
    },
  };
}

describe('installed plugins', () => {
  let database: TestDatabase;
  let test: TestPlatform;
  before(async () => {
    database = await testDatabase();
    test = await startTestPlatform({ database, plugins: [firstParty] });
  });
  after(async () => {
    await test.stop();
    await database.stop();
  });

  const install = (archive: Uint8Array, query = '', on = test) =>
    on.console(`/plugins${query}`, { method: 'POST', body: archive, headers: { 'content-type': 'application/gzip' } });
  const verb = (name: string, what: string, body?: unknown, query = '') =>
    test.console(`/plugins/${name}/${what}${query}`, { method: 'POST', ...(body ? { body } : {}) });
  const version = async (name: string, on = test) => (await on.request(`/api/v1/${name}`)).field('version');

  it('are looked at first, installed off, and run only once somebody lets them', async () => {
    const archive = await packPlugin({
      name: 'mail',
      version: '1.0.0',
      setup: says('1.0.0'),
      manifest: { permissions: { 'mail:send': 'Send mail' }, requires: { base: '^2' } },
    });
    const look = await install(archive, '?dryRun=true');
    expect(look.status, look.text).to.equal(200);
    expect(look.field('version')).to.deep.include({
      name: 'mail',
      permissions: ['mail:send: Send mail'],
      requires: ['base ^2'],
      segments: ['mail'],
    });
    expect((await test.console('/plugins/mail')).status).to.equal(404);

    const done = await install(archive, '?source=mail.tgz');
    expect(done.status, done.text).to.equal(201);
    expect(done.field('version', 'sha256')).to.match(/^[0-9a-f]{64}$/);
    expect((await test.console('/plugins/mail')).json).to.deep.include({
      state: 'installed',
      enabled: false,
      trust: 'isolated',
    });
    expect((await test.request('/api/v1/mail')).field('code')).to.equal('PLUGIN_OFF');
    expect((await verb('mail', 'enable')).field('plugin', 'state'), 'in a process of its own').to.equal('active');
    expect(await version('mail')).to.equal('1.0.0');
    expect((await verb('mail', 'trust', { trust: 'trusted' })).field('plugin', 'state')).to.equal('active');
    expect(await version('mail')).to.equal('1.0.0');
    expect((await install(archive)).status, 'the same again').to.equal(201);
  });

  it('are upgraded and downgraded under load without a failed request', async () => {
    await install(await packPlugin({ name: 'mail', version: '1.1.0', setup: says('1.1.0') }));
    expect(await version('mail'), 'not before it is chosen').to.equal('1.0.0');
    const client = load(test.origin, '/api/v1/mail');
    for (const wanted of ['1.1.0', '1.0.0', '1.1.0']) {
      expect((await verb('mail', 'upgrade', { version: wanted })).status).to.equal(200);
      const before = client.answers.get(`{"version":"${wanted}"}`) ?? 0;
      await until('the version serves', async () => (client.answers.get(`{"version":"${wanted}"}`) ?? 0) > before);
    }
    await client.stop();
    expect([...client.answers.keys()].toSorted()).to.deep.equal(['{"version":"1.0.0"}', '{"version":"1.1.0"}']);
    const { json } = await test.console('/plugins/mail/versions');
    expect(json).to.have.nested.property('items[0].current', false);
    expect(json).to.have.nested.property('items[1].current', true);
    expect(json).to.have.nested.property('items[0].source', 'mail.tgz');
  });

  it('keep the version that serves when the other one fails', async () => {
    await install(await packPlugin({ name: 'mail', version: '2.0.0', setup: 'throw new Error("no mailbox");' }));
    const upgrade = await verb('mail', 'upgrade', { version: '2.0.0' });
    expect(upgrade.field('detail')).to.contain('no mailbox');
    await install(
      await packPlugin({
        name: 'mail',
        version: '2.1.0',
        setup: says('2.1.0'),
        migrations: `[{ name: '0001', up: ['create tabel mistyped ()'] }]`,
      }),
    );
    expect((await verb('mail', 'upgrade', { version: '2.1.0' })).field('detail')).to.contain('tabel');
    expect(await version('mail')).to.equal('1.1.0');
    expect((await test.console('/plugins/mail')).json).to.deep.include({ version: '1.1.0', state: 'active' });
    expect((await verb('mail', 'upgrade', { version: '9.9.9' })).field('detail')).to.contain(
      '1.0.0, 1.1.0, 2.0.0, 2.1.0',
    );
  });

  it('are refused when they do not fit, with both sides named', async () => {
    const refused = async (manifest: Readonly<Record<string, unknown>>, name = 'odd') =>
      (await install(await packPlugin({ name, version: '1.0.0', setup: '', manifest }))).json;
    expect(await refused({ segments: ['mail'] }))
      .to.have.property('detail')
      .that.matches(/odd.*mail.*mail already has/);
    expect(await refused({ requires: { base: '^1' } })).to.have.property('code', 'PLUGIN_VERSION');
    expect(await refused({ requires: { missing: '^1' } })).to.have.property('code', 'PLUGIN_MISSING');
    expect(await refused({ permissions: { 'plugin:manage': 'All' } })).to.have.property('code', 'PERMISSION_TAKEN');
    expect(await refused({}, 'base')).to.have.property('code', 'CONFLICT_PLUGIN_NAME');
    expect((await test.console('/plugins')).text).not.to.contain('odd');
    await install(
      await packPlugin({ name: 'user', version: '1.0.0', setup: '', manifest: { requires: { mail: '>=1.1.0' } } }),
    );
    const older = await verb('mail', 'upgrade', { version: '1.0.0' });
    expect(older.field('detail')).to.equal('user needs mail >=1.1.0, but 1.0.0 is installed.');
    expect((await test.console('/plugins/user?confirm=user', { method: 'DELETE' })).status).to.equal(200);
  });

  it('go back to an older version when only its own migrations came before', async () => {
    const one = { name: 'data', setup: says('1') };
    await install(await packPlugin({ ...one, version: '1.0.0', migrations: `[${table('0001')}]` }));
    await install(await packPlugin({ ...one, version: '1.1.0', migrations: `[${table('0001')}, ${table('0002')}]` }));
    await install(await packPlugin({ ...one, version: '1.2.0', migrations: `[${table('0001')}, ${table('0001-b')}]` }));
    await verb('data', 'trust', { trust: 'trusted' });
    expect((await verb('data', 'enable')).status).to.equal(200);
    for (const wanted of ['1.1.0', '1.0.0', '1.1.0'])
      expect((await verb('data', 'upgrade', { version: wanted })).status, wanted).to.equal(200);
    const other = await verb('data', 'upgrade', { version: '1.2.0' });
    expect(other.field('code')).to.equal('MIGRATIONS_DIVERGED');
    expect(other.field('detail')).to.contain('0002').and.contain('0001-b');
  });

  it('are followed by another process on the same database', async () => {
    const other = await startTestPlatform({ database, plugins: [firstParty] });
    expect(await version('mail', other), 'its archive comes from the database').to.equal('1.1.0');
    await install(await packPlugin({ name: 'mail', version: '3.0.0', setup: says('3.0.0') }));
    await verb('mail', 'upgrade', { version: '3.0.0' });
    await until('the other process serves the new version', async () => (await version('mail', other)) === '3.0.0');
    await install(await packPlugin({ name: 'late', version: '1.0.0', setup: says('1') }), '', other);
    await until('this process knows it', async () => (await test.console('/plugins/late')).status === 200);
    await test.console('/plugins/late?confirm=late', { method: 'DELETE' });
    await until('the other process forgot it', async () => (await other.console('/plugins/late')).status === 404);
    await other.stop();
  });

  it('lose single versions that are not in use, and tell of each that comes or goes', async () => {
    const { rows } = await database.pool.query<{ told: string }>(
      `select count(*)::text as told from containr.outbox where name = 'plugin.changed' and payload->>'plugin' = 'data'`,
    );
    const told = async (more: number) =>
      until(`${more} more were told`, async () => {
        const now = await database.pool.query<{ told: string }>(
          `select count(*)::text as told from containr.outbox where name = 'plugin.changed' and payload->>'plugin' = 'data'`,
        );
        return Number(now.rows[0]?.told) === Number(rows[0]?.told) + more;
      });
    await install(await packPlugin({ name: 'data', version: '1.3.0', setup: says('1') }));
    await told(1);
    const one = (wanted: string) => test.console(`/plugins/data/versions/${wanted}`, { method: 'DELETE' });
    expect((await one('1.3.0')).status).to.equal(200);
    await told(2);
    const inUse = await one('1.1.0');
    expect([inUse.status, inUse.field('code')]).to.deep.equal([409, 'CONFLICT_PLUGIN_VERSION']);
    expect((await one('1.3.0')).status).to.equal(404);
    expect((await test.console('/plugins/base/versions/2.0.0', { method: 'DELETE' })).status).to.equal(404);
    const listed = (await test.console('/plugins/data/versions')).field('items') as { version: string }[];
    expect(listed.map((each) => each.version)).to.deep.equal(['1.0.0', '1.1.0', '1.2.0']);
    expect((await readdir(join(test.data, 'packages/data'))).filter((name) => name.startsWith('1.3.0'))).to.deep.equal(
      [],
    );
    expect((await verb('data', 'upgrade', { version: '1.3.0' })).field('code')).to.equal('CONFLICT_PLUGIN_VERSION');
    expect(await version('data')).to.equal('1');
  });

  it('are removed when they are off and confirmed; their data goes only when it is purged', async () => {
    const remove = (query: string) => test.console(`/plugins/data${query}`, { method: 'DELETE' });
    expect((await remove('?confirm=data')).field('code')).to.equal('CONFLICT_PLUGIN_ON');
    await verb('data', 'disable');
    expect((await remove('')).field('code')).to.equal('CONFLICT_CONFIRM');
    const look = await remove('?dryRun=true&purge=true');
    expect(look.json).to.deep.include({ dryRun: true, versions: ['1.0.0', '1.1.0', '1.2.0'] });
    expect(look.field('data', 'tables', 1, 'name')).to.equal('t_0002');
    const schema = async () =>
      (await database.pool.query(`select to_regnamespace('plugin_data') is not null as there`)).rows[0].there;
    expect((await remove('?confirm=data')).status).to.equal(200);
    expect((await test.console('/plugins/data')).status).to.equal(404);
    expect((await test.request('/api/v1/data')).status).to.equal(404);
    expect(existsSync(join(test.data, 'packages/data'))).to.equal(false);
    expect(await schema()).to.equal(true);
    await install(await packPlugin({ name: 'data', version: '1.0.0', setup: '' }));
    expect((await remove('?confirm=data&purge=true')).status).to.equal(200);
    expect(await schema()).to.equal(false);
    expect((await test.console('/plugins/base?confirm=base', { method: 'DELETE' })).status).to.equal(404);
  });
});

interface Entry {
  readonly name: string;
  readonly content?: string;
  readonly type?: 'symlink' | 'block-device';
  readonly linkname?: string;
}

describe('hostile plugin archives', () => {
  let test: TestPlatform;
  before(async () => void (test = await startTestPlatform()));
  after(() => test.stop());

  async function send(entries: readonly Entry[]): Promise<unknown> {
    const tar = pack();
    for (const { content = '', ...header } of entries)
      if (header.type === undefined) tar.entry(header, content);
      else tar.entry(header).end();
    tar.finalize();
    const body = await buffer(tar.pipe(createGzip()));
    const answer = await test.console('/plugins', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/gzip' },
    });
    expect(answer.status, answer.text).to.be.within(400, 499);
    return answer.field('code');
  }
  const manifest = (more: object = {}, containr: object = {}) => ({
    name: 'package/package.json',
    content: JSON.stringify({
      name: 'bad',
      version: '1.0.0',
      exports: './plugin.js',
      containr: { displayName: 'Bad', requires: {}, permissions: {}, segments: [], ...containr },
      ...more,
    }),
  });
  const code = { name: 'package/plugin.js', content: 'export default {}' };

  it('are refused, and nothing of them stays', async () => {
    expect(await send([manifest(), code, { name: '../../evil', content: 'x' }])).to.equal('ARCHIVE_UNSAFE');
    expect(await send([manifest(), code, { name: 'package/link', type: 'symlink', linkname: '/etc' }])).to.equal(
      'ARCHIVE_UNSAFE',
    );
    expect(await send([manifest(), code, { name: 'package/link', type: 'symlink', linkname: 'plugin.js' }])).to.equal(
      'ARCHIVE_UNSAFE',
    );
    expect(await send([manifest(), code, { name: 'package/device', type: 'block-device' }])).to.equal('ARCHIVE_UNSAFE');
    expect(await send([code])).to.equal('PACKAGE_INVALID');
    expect(await send([manifest({ name: '@x/plugin-..' }), code])).to.equal('PACKAGE_INVALID');
    expect(await send([manifest({ name: 'kernel' }), code])).to.equal('PACKAGE_INVALID');
    expect(await send([manifest({ version: '../../1' }), code])).to.equal('PACKAGE_INVALID');
    expect(await send([manifest({ exports: '../../x.js' }), code])).to.equal('PACKAGE_INVALID');
    expect(await send([manifest({ exports: './missing.js' }), code])).to.equal('PACKAGE_INVALID');
    expect(await send([manifest({}, { agent: './../../../etc/passwd' }), code])).to.equal('PACKAGE_INVALID');
    const body = Buffer.from('this is no archive');
    const broken = await test.console('/plugins', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/gzip' },
    });
    expect(broken.field('code')).to.equal('ARCHIVE_BROKEN');
    expect(await readdir(join(test.data, 'packages'))).to.deep.equal([]);
    expect((await test.request('/api/v1/plugins', { method: 'POST', body })).status).to.be.oneOf([401, 503]);
  });
});
