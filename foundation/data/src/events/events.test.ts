import { expect } from 'chai';
import type { Principal, StreamEvent } from '@containr/sdk';
import { defineEvent, defineSchema } from '@containr/sdk';
import { createLogger } from '@containr/sdk/host';
import { testDatabase } from '../../../../sdk/testing/src/database.ts';
import type { TestDatabase } from '../../../../sdk/testing/src/database.ts';
import { forgetEvents } from './dispatcher.ts';
import { createEvents } from './events.ts';
import type { Events } from './events.ts';
import { outboxEntry, writeOutbox } from './outbox.ts';
import type { OutboxEntry } from './outbox.ts';

const log = createLogger({ level: 'silent' });
const Numbered = defineSchema({
  type: 'object',
  properties: { n: { type: 'integer' } },
  required: ['n'],
  additionalProperties: false,
});
const Counted = defineEvent({
  name: 'number.counted',
  payload: Numbered,
  permission: 'number:read',
  topics: (payload) => [`n:${payload.n % 2}`],
});
const Other = defineEvent({
  name: 'other.happened',
  payload: Numbered,
  permission: 'secret:read',
  topics: () => ['n:0'],
});

function principal(organisation: string | null, permissions = ['number:read']): Principal {
  return { kind: 'user', id: 'u', name: 'Ada', organisation, permissions, via: 'cookie' };
}

describe('events', () => {
  let database: TestDatabase;
  let events: Events;
  let over: AbortController;

  beforeEach(async () => {
    database = await testDatabase();
    events = createEvents({ pool: database.pool, log });
    over = new AbortController();
  });
  afterEach(async () => {
    over.abort();
    await events.stop();
    await database.stop();
  });

  type Client = { query(sql: string, values: unknown[]): Promise<unknown> };
  const numbered = (sql: string) =>
    sql.replace(
      /\?/g,
      (() => {
        let at = 0;
        return () => `$${(at += 1)}`;
      })(),
    );
  const write = (client: Client, entries: OutboxEntry[]) =>
    writeOutbox((sql, values) => client.query(numbered(sql), [...values]), entries);
  const counted = (n: number, organisation: string | null = 'org') => outboxEntry('p', Counted, { n }, organisation);
  const emit = async (...entries: OutboxEntry[]) => write(database.pool, entries);

  async function take(
    count: number,
    request: { who?: Principal; topics?: string[]; from?: string | null; until?: AbortSignal } = {},
  ): Promise<StreamEvent[]> {
    const taken: StreamEvent[] = [];
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), 8000);
    const signal = AbortSignal.any([stop.signal, over.signal]);
    for await (const event of events.stream({
      principal: request.who ?? principal('org'),
      topics: request.topics ?? [],
      lastEventId: request.from ?? null,
      signal,
    })) {
      taken.push(event);
      if (taken.length === count) break;
    }
    clearTimeout(late);
    return taken;
  }
  const numbersOf = (taken: StreamEvent[]) =>
    taken.map((event) => (event.data as { payload: { n: number } }).payload.n);

  it('streams what happens after it was opened, at once', async () => {
    events.start();
    await emit(counted(6));
    const [opened] = await take(1, { from: '0' });
    const next = take(1, { from: opened?.id ?? null });
    const began = performance.now();
    await emit(counted(7));
    expect(numbersOf(await next)).to.deep.equal([7]);
    expect(performance.now() - began).to.be.lessThan(1000);
  });
  it('gives a new client a place to resume from before anything happens', async () => {
    events.start();
    const [ready] = await take(1);
    expect(ready?.event).to.equal('ready');
    await emit(counted(1));
    expect(numbersOf(await take(1, { from: ready?.id ?? null }))).to.deep.equal([1]);
  });
  it('places an early transaction that commits late after those that overtook it', async () => {
    events.start();
    const slow = await database.pool.connect();
    await slow.query('begin');
    await write(slow, [counted(1)]);
    await emit(counted(2));
    const [second] = await take(1, { from: '0' });
    expect(second && numbersOf([second])).to.deep.equal([2]);
    await slow.query('commit');
    slow.release();
    expect(numbersOf(await take(1, { from: second?.id ?? null }))).to.deep.equal([1]);
  });
  it('resumes without a gap under many concurrent commits', async () => {
    events.start();
    const total = 200;
    const seen: number[] = [];
    let from: string | null = '0';
    const writing = Promise.all(
      Array.from({ length: 4 }, async (_, lane) => {
        for (let n = lane; n < total; n += 4) {
          const client = await database.pool.connect();
          await client.query('begin');
          await write(client, [counted(n)]);
          await client.query('select pg_sleep($1)', [((n * 7919) % 5) / 1000]);
          await client.query(n % 10 === 9 ? 'rollback' : 'commit');
          client.release();
        }
      }),
    );
    while (seen.length < total * 0.9) {
      const taken: StreamEvent[] = await take(Math.min(7, total * 0.9 - seen.length), { from });
      seen.push(...numbersOf(taken));
      from = taken.at(-1)?.id ?? from;
    }
    await writing;
    const expected = Array.from({ length: total }, (_, n) => n).filter((n) => n % 10 !== 9);
    expect(seen.sort((a, b) => a - b)).to.deep.equal(expected);
  });
  it('shows only what the organisation, the permission and the topics allow', async () => {
    events.start();
    await emit(
      counted(1),
      counted(2, 'elsewhere'),
      outboxEntry('p', Other, { n: 3 }, 'org'),
      counted(4),
      counted(5, null),
      counted(7),
    );
    expect(numbersOf(await take(2, { from: '0', topics: ['n:1'] }))).to.deep.equal([1, 5]);
    expect(numbersOf(await take(4, { from: '0' }))).to.deep.equal([1, 4, 5, 7]);
    expect(numbersOf(await take(5, { from: '0', who: principal('org', ['*']) }))).to.deep.equal([1, 3, 4, 5, 7]);
    expect(numbersOf(await take(1, { from: '0', who: principal('elsewhere') }))).to.deep.equal([2]);
  });
  it('says reset when what came after is not kept, or never was', async () => {
    events.start();
    await emit(counted(1), counted(2));
    await take(2, { from: '0' });
    await forgetEvents(database.pool, new Date(Date.now() + 8 * 24 * 3600 * 1000));
    for (const from of ['0', '1', '99', 'nonsense'])
      expect((await take(1, { from }))[0]).to.include({ event: 'reset', id: '2' });
    await emit(counted(3));
    expect(numbersOf(await take(1, { from: '2' }))).to.deep.equal([3]);
  });
  it('hands each event to a handler in order, and goes on after a throw', async () => {
    const seen: number[] = [];
    events.start();
    const leave = events.on('listener', Counted, async ({ payload }) => {
      seen.push(payload.n);
      if (payload.n === 2) throw new Error('no');
    });
    await events.ready();
    await emit(counted(1), outboxEntry('p', Other, { n: 9 }, 'org'), counted(2), counted(3));
    await until(async () => seen.length === 3);
    expect(seen).to.deep.equal([1, 2, 3]);
    await leave();
  });
  it('gives a handler that was off what happened meanwhile', async () => {
    const seen: number[] = [];
    events.start();
    const leave = events.on('listener', Counted, async ({ payload }) => void seen.push(payload.n));
    await events.ready();
    await emit(counted(1));
    await until(async () => seen.length === 1);
    await leave();
    await emit(counted(2));
    const again = events.on('listener', Counted, async ({ payload }) => void seen.push(payload.n));
    await until(async () => seen.length === 2);
    expect(seen).to.deep.equal([1, 2]);
    await again();
  });
  it('goes on after its connection broke', async () => {
    events.start();
    await emit(counted(1));
    await take(1, { from: '0' });
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await until(async () =>
      emit(counted(2)).then(
        () => true,
        () => false,
      ),
    );
    const numbers = numbersOf(await take(2, { from: '0' }));
    expect(numbers).to.deep.equal([1, 2]);
  });
  it('lets one process place events, and another take over', async () => {
    const second = createEvents({ pool: database.pool, log });
    events.start();
    await emit(counted(1));
    await take(1, { from: '0' });
    second.start();
    await events.stop();
    await emit(counted(2));
    events = second;
    expect(numbersOf(await take(2, { from: '0' }))).to.deep.equal([1, 2]);
  });
});

async function until(check: () => Promise<boolean>, ms = 8000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > end) throw new Error('It did not become true in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
