import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { createLogger } from '@containr/sdk/host';
import { testDatabase } from '../../../../sdk/testing/src/database.ts';
import type { TestDatabase } from '../../../../sdk/testing/src/database.ts';
import type { KeyRing } from '../secrets/key-ring.ts';
import { openKeyRing } from '../secrets/key-ring.ts';
import { openPool } from '../store/database.ts';
import { openNotices } from '../store/notices.ts';
import { createSettings } from './settings.ts';
import type { Overrides } from './settings.ts';
import { settingsChannel } from './versions.ts';

const log = createLogger({ level: 'silent' });
const Schema = defineSchema({
  type: 'object',
  properties: {
    port: { type: 'integer', minimum: 1, default: 8000 },
    mode: { type: 'string', enum: ['auto', 'docker'], default: 'auto' },
    token: { type: 'string', writeOnly: true, default: '' },
    limits: {
      type: 'object',
      properties: { cpu: { type: 'number' }, memory: { type: 'number' } },
      additionalProperties: false,
      default: {},
    },
  },
  required: ['port', 'mode', 'token', 'limits'],
  additionalProperties: false,
});
type Values = Infer<typeof Schema>;

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
}

describe('settings', () => {
  let database: TestDatabase;
  let folder: string;
  let keyRing: KeyRing;
  beforeEach(async () => {
    database = await testDatabase();
    folder = await mkdtemp(join(tmpdir(), 'keys-'));
    keyRing = await openKeyRing(folder);
  });
  afterEach(async () => {
    await database.stop();
    await rm(folder, { recursive: true });
  });
  const open = (overrides: Overrides = {}, schema: typeof Schema = Schema) =>
    createSettings({ pool: database.pool, keyRing, log, overrides }).open<Values>('p', schema);

  it('begins with the defaults', async () => {
    const settings = await open();
    expect(settings.current).to.deep.equal({ port: 8000, mode: 'auto', token: '', limits: {} });
    expect(settings.view()).to.deep.include({ version: 0, secretsSet: [], overridden: [] });
  });
  it('keeps changes, tells of them, and brings defaults back', async () => {
    const settings = await open();
    const told: number[] = [];
    const leave = settings.onChange((next) => told.push(next.port));
    await settings.change({ port: 1, limits: { cpu: 2 } }, { by: 'ada' });
    await settings.change({ limits: { memory: 3 } }, { by: 'ada' });
    expect((await open()).current).to.deep.equal({ port: 1, mode: 'auto', token: '', limits: { cpu: 2, memory: 3 } });
    await settings.change({ port: null, limits: { cpu: null } }, { by: 'ada' });
    expect((await open()).current).to.deep.include({ port: 8000, limits: { memory: 3 } });
    await leave();
    await settings.change({ port: 9 }, { by: 'ada' });
    expect(told).to.deep.equal([1, 1, 8000]);
  });
  it('refuses what the schema does not allow, and keeps what was', async () => {
    const settings = await open();
    expect(await codeOf(settings.change({ port: 'x' }, { by: 'ada' }))).to.equal('INVALID');
    expect(await codeOf(settings.change({ unknown: 1 }, { by: 'ada' }))).to.equal('INVALID');
    expect(settings.current.port).to.equal(8000);
  });
  it('refuses a change of what somebody else changed meanwhile', async () => {
    const settings = await open();
    await settings.change({ port: 1 }, { by: 'ada', version: 0 });
    expect(await codeOf(settings.change({ port: 2 }, { by: 'bob', version: 0 }))).to.equal('STALE');
  });
  it('lets the start command win, and says so', async () => {
    await (await open()).change({ port: 1 }, { by: 'ada' });
    const settings = await open({ p: { port: 5 } });
    expect(settings.current.port).to.equal(5);
    expect(settings.view().overridden).to.deep.equal(['port']);
    expect(await codeOf(settings.change({ port: 2 }, { by: 'ada' }))).to.equal('CONFLICT_SETTING_FIXED');
    expect(await codeOf(open({ p: { port: 'x' } }))).to.equal('INVALID');
  });
  it('seals secrets where they are stored and never shows them', async () => {
    const settings = await open();
    const view = await settings.change({ token: 'hunter2' }, { by: 'ada' });
    expect(settings.current.token).to.equal('hunter2');
    expect(view.secretsSet).to.deep.equal(['token']);
    const { rows } = await database.pool.query('select value::text from containr.settings');
    expect(JSON.stringify([view, rows])).not.to.contain('hunter2');
    expect((await open()).current.token).to.equal('hunter2');
  });

  it('opens a stored secret by its full name, and nothing else', async () => {
    const settings = createSettings({ pool: database.pool, keyRing, log });
    const own = await settings.open<Values>('p', Schema);
    await own.change({ token: 'hunter2', mode: 'docker' }, { by: 'ada' });
    expect(await settings.secret('p.token')).to.equal('hunter2');
    for (const name of ['p.mode', 'p.port', 'p.none', 'p.', 'p', '', 'q.token', 'p.__proto__', 'p.token.token'])
      expect(await codeOf(settings.secret(name)), name).to.equal('NOT_FOUND');
    await own.change({ token: null }, { by: 'ada' });
    expect(await codeOf(settings.secret('p.token'))).to.equal('NOT_FOUND');
  });

  it('keeps each version with who, when and the difference, and shows of secrets only that they changed', async () => {
    const settings = await open();
    await settings.change({ port: 1, limits: { cpu: 2 } }, { by: 'ada' });
    await settings.change({ token: 'hunter2', limits: { cpu: 3, memory: 4 } }, { by: 'bob' });
    const { items, next } = await settings.history({ limit: 10 });
    expect(next).to.equal(null);
    expect(items.map(({ version, by, restored, changes }) => ({ version, by, restored, changes }))).to.deep.equal([
      {
        version: 2,
        by: 'bob',
        restored: null,
        changes: [
          { path: '/limits/cpu', secret: false, before: 2, after: 3 },
          { path: '/limits/memory', secret: false, after: 4 },
          { path: '/token', secret: true },
        ],
      },
      {
        version: 1,
        by: 'ada',
        restored: null,
        changes: [
          { path: '/limits/cpu', secret: false, after: 2 },
          { path: '/port', secret: false, before: 8000, after: 1 },
        ],
      },
    ]);
    expect(items[0]?.at.getTime()).to.be.closeTo(Date.now(), 60_000);
    const page = await settings.history({ limit: 1 });
    expect([page.items.length, page.next]).to.deep.equal([1, 2]);
    expect((await settings.history({ limit: 1, before: 2 })).items[0]?.version).to.equal(1);
    const { rows } = await database.pool.query('select value::text, changes::text from containr.settings_versions');
    expect(JSON.stringify(rows)).not.to.contain('hunter2');
  });
  it('brings an earlier version back as a new one, with its secrets', async () => {
    const settings = await open();
    await settings.change({ token: 'first', port: 1 }, { by: 'ada' });
    await settings.change({ token: 'second', port: 2 }, { by: 'ada' });
    expect((await settings.restore(1, { by: 'bob' })).version).to.equal(3);
    expect((await open()).current).to.deep.include({ port: 1, token: 'first' });
    expect((await settings.history({ limit: 1 })).items[0]).to.deep.include({ version: 3, by: 'bob', restored: 1 });
    await settings.restore(0, { by: 'bob' });
    expect((await open()).current).to.deep.include({ port: 8000, token: '' });
    expect(await codeOf(settings.restore(9, { by: 'bob' }))).to.equal('NOT_FOUND');
    expect(await codeOf(settings.restore(1, { by: 'bob', version: 1 }))).to.equal('STALE');
  });
  it('refuses to bring back what no longer fits the schema', async () => {
    await (await open()).change({ port: 1 }, { by: 'ada' });
    const narrowed = {
      ...Schema,
      properties: { ...Schema.properties, port: { type: 'integer', minimum: 5, default: 8000 } },
    };
    await (await open()).change({ port: 9 }, { by: 'ada' });
    const later = await open({}, narrowed as unknown as typeof Schema);
    expect(await codeOf(later.restore(1, { by: 'ada' }))).to.equal('INVALID');
    expect(later.current.port).to.equal(9);
  });
  it('brings a change to every process that follows, once', async () => {
    const pool = openPool(database.url, log);
    const elsewhere = createSettings({ pool, keyRing, log });
    const stop = openNotices(pool, log, { [settingsChannel]: (plugin) => void elsewhere.refresh(plugin) });
    const theirs = await elsewhere.open<Values>('p', Schema);
    const told: number[] = [];
    const heard = new Promise<void>((resolve) => {
      theirs.onChange((next) => {
        told.push(next.port);
        if (next.port === 3) resolve();
      });
    });
    await theirs.change({ port: 2 }, { by: 'bob' });
    await (await open()).change({ port: 3, token: 'shared' }, { by: 'ada' });
    await heard;
    expect(told).to.deep.equal([2, 3]);
    expect(theirs.current).to.deep.include({ port: 3, token: 'shared' });
    expect(theirs.version).to.equal(2);
    await stop();
    await pool.end();
  });
});
