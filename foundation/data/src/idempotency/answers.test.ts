import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createLogger } from '@containr/sdk/host';
import { testDatabase } from '../../../../sdk/testing/src/database.ts';
import type { TestDatabase } from '../../../../sdk/testing/src/database.ts';
import { openKeyRing } from '../secrets/key-ring.ts';
import type { KeyRing } from '../secrets/key-ring.ts';
import { openPool } from '../store/database.ts';
import { openAnswers } from './answers.ts';
import type { Answers } from './answers.ts';

const log = createLogger({ level: 'silent' });
const answer = { status: 201, headers: { location: '/x' }, body: '{"secret":"shown once"}' };

describe('answers by idempotency key', () => {
  let database: TestDatabase;
  let keyRing: KeyRing;
  let answers: Answers;
  let folder: string;
  beforeEach(async () => {
    database = await testDatabase();
    folder = await mkdtemp(join(tmpdir(), 'keys-'));
    keyRing = await openKeyRing(folder);
    answers = openAnswers({ pool: database.pool, keyRing, log });
  });
  afterEach(async () => {
    answers.stop();
    await database.stop();
    await rm(folder, { recursive: true });
  });

  it('are given again for the same request, and for no other', async () => {
    expect(await answers.begin('key', 'one')).to.deep.equal({ state: 'new' });
    expect(await answers.begin('key', 'one')).to.deep.equal({ state: 'running' });
    expect(await answers.begin('key', 'two')).to.deep.equal({ state: 'mismatch' });
    await answers.finish('key', answer);
    expect(await answers.begin('key', 'one')).to.deep.equal({ state: 'done', answer });
    expect(await answers.begin('key', 'two')).to.deep.equal({ state: 'mismatch' });
    expect(await answers.begin('other', 'two')).to.deep.equal({ state: 'new' });
  });
  it('belong to one of many that ask at once', async () => {
    const states = await Promise.all(Array.from({ length: 8 }, () => answers.begin('key', 'one')));
    expect(states.filter(({ state }) => state === 'new')).to.have.lengthOf(1);
    expect(states.filter(({ state }) => state === 'running')).to.have.lengthOf(7);
  });
  it('are sealed, with their key and request unreadable', async () => {
    await answers.begin('my key', 'a request with hunter2');
    await answers.finish('my key', answer);
    const { rows } = await database.pool.query('select i::text as row from containr.idempotency i');
    expect(rows[0].row).not.to.match(/shown once|my key|hunter2/);
  });
  it('end with a forgotten key, and after 24 hours', async () => {
    await answers.begin('a', 'one');
    await answers.forget('a');
    expect(await answers.begin('a', 'two')).to.deep.equal({ state: 'new' });
    await answers.finish('a', answer);
    await answers.begin('b', 'one');
    await database.pool.query(`update containr.idempotency set at = now() - interval '25 hours'`);
    expect(await answers.begin('a', 'three')).to.deep.equal({ state: 'new' });
    await answers.sweep();
    const { rows } = await database.pool.query('select count(*)::int as count from containr.idempotency');
    expect(rows[0].count).to.equal(1);
  });
  it('are taken over when the process that began is dead, not while it lives', async () => {
    const pool = openPool(database.url, log);
    const elsewhere = openAnswers({ pool, keyRing, log });
    await elsewhere.begin('key', 'one');
    expect(await answers.begin('key', 'one')).to.deep.equal({ state: 'running' });
    elsewhere.stop();
    await pool.end();
    for (let state = ''; state !== 'new';) ({ state } = await answers.begin('key', 'one'));
  });
  it('are given again although the database was away when they were to be kept, and no key is lost to that', async () => {
    let away = false;
    const query = database.pool.query.bind(database.pool);
    const pool = Object.assign(Object.create(database.pool) as typeof database.pool, {
      query: (async (text: string, values: unknown[]) => {
        const result: unknown = await query(text, values);
        // The statement is done, and its answer never comes.
        if (away && text.includes('insert')) throw new Error('Connection terminated unexpectedly');
        return result;
      }) as unknown as typeof database.pool.query,
    });
    const cut = openAnswers({ pool, keyRing, log });
    away = true;
    await cut.begin('unheard', 'one').catch(() => undefined);
    away = false;
    expect(await cut.begin('unheard', 'one')).to.deep.equal({ state: 'new' });
    expect(await cut.begin('unheard', 'one')).to.deep.equal({ state: 'running' });

    const down = Object.assign(Object.create(database.pool) as typeof database.pool, {
      query: (async (text: string, values: unknown[]) => {
        if (away && text.startsWith('update')) throw new Error('Connection terminated unexpectedly');
        return query(text, values) as unknown;
      }) as unknown as typeof database.pool.query,
    });
    const late = openAnswers({ pool: down, keyRing, log });
    await late.begin('late', 'one');
    away = true;
    await late.finish('late', answer).catch(() => undefined);
    away = false;
    expect(await late.begin('late', 'one')).to.deep.equal({ state: 'done', answer });
    expect(await answers.begin('late', 'one')).to.deep.equal({ state: 'done', answer });
    for (const one of [cut, late]) one.stop();
  });
});
