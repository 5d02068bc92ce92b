import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { testDatabase } from '../../../../sdk/testing/src/database.ts';
import type { TestDatabase } from '../../../../sdk/testing/src/database.ts';
import type { KeyRing } from '../secrets/key-ring.ts';
import { openKeyRing } from '../secrets/key-ring.ts';
import { createSettings } from './settings.ts';
import type { Overrides } from './settings.ts';

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
  let keyRing: KeyRing;
  beforeEach(async () => {
    database = await testDatabase();
    keyRing = await openKeyRing(await mkdtemp(join(tmpdir(), 'keys-')));
  });
  afterEach(() => database.stop());
  const open = (overrides: Overrides = {}, schema: typeof Schema = Schema) =>
    createSettings({ pool: database.pool, keyRing, overrides }).open<Values>('p', schema);

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
});
