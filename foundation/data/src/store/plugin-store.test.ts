import { defineEntity, p } from '@mikro-orm/core';
import { expect } from 'chai';
import type { Principal, Store } from '@containr/sdk';
import { defineEvent, defineJob, defineMigration, Empty, isContainrError } from '@containr/sdk';
import { testDatabase } from '../../../../sdk/testing/src/database.ts';
import type { TestDatabase } from '../../../../sdk/testing/src/database.ts';
import { openPluginStore } from './plugin-store.ts';
import { isUniqueViolation } from './store-error.ts';

const ours = '01900000-0000-7000-8000-000000000001';
const theirs = '01900000-0000-7000-8000-000000000002';
const NoteSchema = defineEntity({
  name: 'Note',
  tableName: 'notes',
  properties: { id: p.integer().primary(), organisation: p.uuid(), text: p.string() },
});
const init = defineMigration({
  name: '0001-init',
  up: ['create table notes (id int primary key, organisation uuid not null, text text not null unique)'],
});
const NoteWritten = defineEvent({
  name: 'note.written',
  payload: Empty,
  permission: 'note:read',
  topics: () => ['notes'],
});
const Print = defineJob({ name: 'note.print', input: Empty, summary: 'Prints' });

function member(organisation: string | null): Principal {
  return { kind: 'user', id: 'u', name: 'Ada', organisation, permissions: ['*'], via: 'cookie' };
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('plugin store', () => {
  let database: TestDatabase;
  let store: Store;
  let close: () => Promise<void>;

  beforeEach(async () => {
    database = await testDatabase();
    ({ store, close } = await openPluginStore({
      database,
      plugin: 'notes',
      entities: [NoteSchema],
      migrations: [init],
    }));
    await store
      .for(member(ours))
      .transaction(async ({ em }) => void em.create(NoteSchema, { id: 1, organisation: ours, text: 'ours' }));
    await store
      .for(member(theirs))
      .transaction(async ({ em }) => void em.create(NoteSchema, { id: 2, organisation: theirs, text: 'theirs' }));
  });
  afterEach(async () => {
    await close();
    await database.stop();
  });

  const count = async (table: string) =>
    (await database.pool.query(`select count(*)::int as n from ${table}`)).rows[0]?.n;
  const textsOf = (principal: Principal) =>
    store.for(principal).transaction(async ({ em }) => (await em.find(NoteSchema, {})).map((note) => note.text));

  it('shows an organisation its own rows only', async () => {
    expect(await textsOf(member(ours))).to.deep.equal(['ours']);
    expect(await textsOf(member(theirs))).to.deep.equal(['theirs']);
  });
  it('shows the system everything', async () => {
    const all = await store.system('test').transaction(({ em }) => em.count(NoteSchema, {}));
    expect(all).to.equal(2);
  });
  it("hides other organisations' rows from hand-written SQL too", async () => {
    const rows = await store
      .for(member(ours))
      .transaction(({ em }) =>
        em.getConnection().execute('select text from notes', [], 'all', em.getTransactionContext()),
      );
    expect(rows).to.deep.equal([{ text: 'ours' }]);
  });
  it('hides them when a query switches the filter off', async () => {
    const rows = await store.for(member(ours)).transaction(({ em }) => em.find(NoteSchema, {}, { filters: false }));
    expect(rows.map((row) => row.text)).to.deep.equal(['ours']);
  });
  it('hides them by the filter alone too, where row-level security is not there', async () => {
    await database.pool.query('alter table plugin_notes.notes disable row level security');
    expect(await textsOf(member(ours))).to.deep.equal(['ours']);
    await store.for(member(ours)).transaction(async ({ em }) => void (await em.nativeDelete(NoteSchema, {})));
    expect(await textsOf(member(theirs))).to.deep.equal(['theirs']);
  });
  it('shows nothing to a connection that names no organisation', async () => {
    expect(await count('plugin_notes.notes')).to.equal(0);
  });
  it('refuses a row for another organisation', async () => {
    const error = await failureOf(
      store
        .for(member(ours))
        .transaction(async ({ em }) => void em.create(NoteSchema, { id: 3, organisation: theirs, text: 'x' })),
    );
    expect(String(error)).to.contain('row-level security');
  });
  it("can neither change nor delete other organisations' rows", async () => {
    await store.for(member(ours)).transaction(async ({ em }) => {
      await em.nativeUpdate(NoteSchema, { id: 2 }, { text: 'taken' }, { filters: false });
      await em.nativeDelete(NoteSchema, { id: 2 }, { filters: false });
    });
    expect(await textsOf(member(theirs))).to.deep.equal(['theirs']);
  });
  it('does not let a transaction inside another leak its organisation', async () => {
    await store.system('outer').transaction(async ({ em }) => {
      expect(await textsOf(member(ours))).to.deep.equal(['ours']);
      expect(await em.count(NoteSchema, {})).to.equal(2);
    });
    expect(await textsOf(member(ours))).to.deep.equal(['ours']);
  });
  it('refuses a principal without an organisation', () => {
    expect(() => store.for(member(null)))
      .to.throw()
      .with.property('code', 'FORBIDDEN');
    expect(() => store.for(member('*')))
      .to.throw()
      .with.property('code', 'FORBIDDEN');
  });
  it('commits rows, events and jobs together', async () => {
    await store.for(member(ours)).transaction(async ({ em, emit, enqueue }) => {
      em.create(NoteSchema, { id: 3, organisation: ours, text: 'third' });
      emit(NoteWritten, {});
      await enqueue(Print, {});
    });
    const { rows } = await database.pool.query('select name, organisation_id, topics from containr.outbox');
    expect(rows).to.deep.equal([{ name: 'note.written', organisation_id: ours, topics: ['notes'] }]);
    expect(await count('graphile_worker.jobs')).to.equal(1);
    expect(await textsOf(member(ours))).to.have.length(2);
  });
  it('leaves none of them after a throw', async () => {
    const error = await failureOf(
      store.for(member(ours)).transaction(async ({ em, emit, enqueue }) => {
        em.create(NoteSchema, { id: 3, organisation: ours, text: 'third' });
        emit(NoteWritten, {});
        await enqueue(Print, {});
        throw new Error('changed my mind');
      }),
    );
    expect(String(error)).to.contain('changed my mind');
    expect([await count('containr.outbox'), await count('graphile_worker.jobs')]).to.deep.equal([0, 0]);
    expect(await textsOf(member(ours))).to.deep.equal(['ours']);
  });
  it('keeps one waiting job per key', async () => {
    for (let n = 0; n < 3; n += 1)
      await store.for(member(ours)).transaction(({ enqueue }) => enqueue(Print, {}, { key: 'k' }));
    expect(await count('graphile_worker.jobs')).to.equal(1);
  });
  it('keeps unique violations recognisable', async () => {
    const error = await failureOf(
      store
        .for(member(ours))
        .transaction(async ({ em }) => void em.create(NoteSchema, { id: 3, organisation: ours, text: 'ours' })),
    );
    expect(isUniqueViolation(error)).to.equal(true);
    expect(isUniqueViolation(error, 'notes_text_key')).to.equal(true);
    expect(isUniqueViolation(error, 'notes_pkey')).to.equal(false);
  });
  it('says that the database is down when a connection breaks', async () => {
    const error = await failureOf(
      store.for(member(ours)).transaction(async ({ em }) => {
        await em
          .getConnection()
          .execute('select pg_terminate_backend(pg_backend_pid())', [], 'all', em.getTransactionContext());
      }),
    );
    expect(isContainrError(error) && [error.code, error.retryAfterSeconds]).to.deep.equal(['DEPENDENCY_DOWN', 1]);
    expect(await textsOf(member(ours))).to.deep.equal(['ours']);
  });
  it('runs a migration once, and a new one later', async () => {
    await close();
    const more = defineMigration({
      name: '0002-more',
      up: [`update notes set text = text || '!'`, 'create table extras (organisation uuid)'],
    });
    for (let n = 0; n < 2; n += 1) {
      ({ store, close } = await openPluginStore({
        database,
        plugin: 'notes',
        entities: [NoteSchema],
        migrations: [more, init],
      }));
      if (n === 0) await close();
    }
    expect(await textsOf(member(ours))).to.deep.equal(['ours!']);
    const { rows } = await database.pool.query(
      `select relforcerowsecurity as forced from pg_class where relname = 'extras'`,
    );
    expect(rows).to.deep.equal([{ forced: true }]);
  });
  it("does not mix two plugins' transactions", async () => {
    const other = await openPluginStore({ database, plugin: 'other', entities: [NoteSchema], migrations: [init] });
    await store.for(member(ours)).transaction(async () => {
      await other.store
        .for(member(ours))
        .transaction(async ({ em }) => void em.create(NoteSchema, { id: 9, organisation: ours, text: 'other' }));
    });
    await other.close();
    expect(await textsOf(member(ours))).to.deep.equal(['ours']);
  });
});
