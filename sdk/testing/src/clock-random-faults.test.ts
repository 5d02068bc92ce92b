import { fileURLToPath } from 'node:url';
import { EntitySchema } from '@mikro-orm/core';
import { expect } from 'chai';
import type { PluginPackage } from '@containr/kernel';
import type { Plugin, PluginContext } from '@containr/sdk';
import { defineEvent, defineMigration } from '@containr/sdk';
import { createFaults } from './faults.ts';
import { startTestPlatform, until } from './platform.ts';
import { seededRandom } from './seeded-random.ts';
import { simulatedClock } from './simulated-clock.ts';

class Row {
  id = '';
}
const rows = new EntitySchema<Row>({
  class: Row,
  tableName: 'rows',
  properties: { id: { type: 'uuid', primary: true } },
});
const table = defineMigration({ name: '0001-init', up: ['create table rows (id uuid primary key)'] });
const RowMade = defineEvent({
  name: 'row.made',
  payload: { type: 'object', properties: {}, additionalProperties: false },
  permission: 'row:read',
  topics: () => [],
});

function made(setup: Plugin['setup']): PluginPackage {
  const directory = fileURLToPath(new URL('.', import.meta.url));
  const manifest = {
    displayName: 'Rows',
    requires: {},
    permissions: { 'row:read': 'See rows' },
    segments: [],
    roots: [],
    programs: {},
  };
  const load = async () => ({ entities: [rows], migrations: [table], setup });
  return { name: 'rows', version: '1.0.0', directory, manifest, load };
}

async function contextIn(options: Parameters<typeof startTestPlatform>[0], more?: (ctx: PluginContext) => void) {
  const taken = Promise.withResolvers<PluginContext>();
  const plugin = made((ctx) => {
    more?.(ctx);
    taken.resolve(ctx);
  });
  const test = await startTestPlatform({ ...options, plugins: [plugin] });
  return { test, ctx: await taken.promise };
}

function add(ctx: PluginContext): Promise<void> {
  return ctx.store.system('a test').transaction(async ({ em, emit }) => {
    em.create(Row, { id: ctx.random.id() });
    emit(RowMade, {});
  });
}
const count = (ctx: PluginContext) => ctx.store.system('a test').transaction(({ em }) => em.count(Row));

describe('a simulated clock', () => {
  it('moves what repeats, once a period, and nothing by itself', async () => {
    const clock = simulatedClock('2026-03-01T00:00:00.000Z');
    const at: string[] = [];
    const { test, ctx } = await contextIn({ clock }, (context) => {
      context.repeat('look', 60_000, async () => void at.push(context.clock.now().toISOString()));
    });
    await clock.asleep(1);
    expect(at).to.deep.equal([]);
    await clock.advance(59_999);
    expect(at).to.deep.equal([]);
    await clock.advance(120_001);
    expect(at).to.deep.equal(['2026-03-01T00:01:00.000Z', '2026-03-01T00:02:00.000Z', '2026-03-01T00:03:00.000Z']);
    expect(ctx.clock.now().toISOString()).to.equal('2026-03-01T00:03:00.000Z');
    await test.stop();
    await clock.advance(600_000);
    expect(at).to.have.length(3);
  });

  it('ends a sleep that is aborted', async () => {
    const clock = simulatedClock();
    const stop = new AbortController();
    const sleeping = clock.sleep(1000, stop.signal).then(
      () => 'woke',
      () => 'ended',
    );
    stop.abort();
    expect(await sleeping).to.equal('ended');
    expect(await clock.sleep(1000, stop.signal).catch(() => 'ended')).to.equal('ended');
  });
});

describe('seeded randomness', () => {
  it('repeats for a seed, reaches plugins, and gives UUIDs that grow', async () => {
    const { test, ctx } = await contextIn({ random: seededRandom('one') });
    const again = seededRandom('one');
    expect(ctx.random.id()).to.equal(again.id());
    expect(ctx.random.bytes(40)).to.deep.equal(again.bytes(40));
    expect(seededRandom('two').id()).not.to.equal(seededRandom('one').id());
    const ids = Array.from({ length: 5000 }, () => again.id());
    expect(ids.toSorted()).to.deep.equal(ids);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const id of ids) expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await test.stop();
  });
});

describe('faults', () => {
  it('undo a transaction that fails at its commit, with what it wrote and told', async () => {
    const faults = createFaults();
    const heard: string[] = [];
    const { test, ctx } = await contextIn({ faults }, (context) => {
      context.events.define(RowMade);
      context.events.on(RowMade, async () => void heard.push('made'));
    });
    faults.fail('store.commit', { plugin: 'rows' });
    expect(await add(ctx).catch((error: unknown) => error)).to.include({ code: 'FAULT_INJECTED', status: 503 });
    expect(await count(ctx)).to.equal(0);
    await add(ctx);
    expect(await count(ctx)).to.equal(1);
    await until('the event arrives', async () => heard.length === 1);
    expect(faults.count('event.deliver', { name: 'row.made' })).to.equal(1);
    await test.stop();
  });

  it('hold a pass until it is released, and leave other names and plugins alone', async () => {
    const faults = createFaults();
    const { test, ctx } = await contextIn({ faults });
    faults.fail('store.begin', { plugin: 'other' });
    const held = faults.hold('store.commit');
    const adding = add(ctx);
    await held.reached;
    expect(await count(ctx)).to.equal(0);
    held.release();
    await adding;
    expect(await count(ctx)).to.equal(1);
    await test.stop();
  });

  it('delay a pass on the clock of the platform', async () => {
    const [faults, clock] = [createFaults(), simulatedClock()];
    const { test, ctx } = await contextIn({ faults, clock });
    faults.delay('fetch', { ms: 5000, name: '127.0.0.1' });
    faults.fail('fetch', { name: '127.0.0.1', error: new Error('unreachable') });
    const ends: string[] = [];
    const first = ctx.fetch(`http://127.0.0.1:${new URL(test.origin).port}/healthz`).then(() => ends.push('answered'));
    expect(await ctx.fetch('http://127.0.0.1:1/').catch((error: unknown) => String(error))).to.include('unreachable');
    await clock.asleep(1);
    expect(ends).to.deep.equal([]);
    await clock.advance(5000);
    await first;
    expect(ends).to.deep.equal(['answered']);
    await test.stop();
  });
});
