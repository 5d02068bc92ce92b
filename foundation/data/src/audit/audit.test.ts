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
import { openAudit } from './audit.ts';
import type { Audit } from './audit.ts';
import { genesis, hashOf } from './row.ts';
import { fromStored } from './stored.ts';
import type { StoredRow } from './stored.ts';

let told = (): void => undefined;
const log = { ...createLogger({ level: 'silent' }), error: () => told() };
const entry = (action: string, more: Partial<Parameters<Audit['append']>[0]> = {}): Parameters<Audit['append']>[0] => ({
  organisation: null,
  principal: { kind: 'user', id: 'ann', name: 'Ann', via: 'cookie' },
  action,
  plugin: 'shop',
  targets: { id: '7' },
  status: 200,
  requestId: 'r-1',
  address: '127.0.0.1',
  ...more,
});

describe('audit log', () => {
  let database: TestDatabase;
  let folder: string;
  let keyRing: KeyRing;
  let audit: Audit;
  beforeEach(async () => {
    database = await testDatabase();
    folder = await mkdtemp(join(tmpdir(), 'keys-'));
    keyRing = await openKeyRing(join(folder, 'own'));
    audit = await openAudit({ pool: database.pool, keyRing, log });
  });
  afterEach(async () => {
    await audit.stop();
    await database.stop();
    await rm(folder, { recursive: true });
  });
  const sql = (statement: string, values: unknown[] = []) => database.pool.query(statement, values);
  /** As somebody who owns the tables would: without the triggers. */
  const tamper = async (...statements: string[]) => {
    for (const table of ['audit', 'audit_head']) await sql(`alter table containr.${table} disable trigger user`);
    for (const statement of statements) await sql(statement);
    for (const table of ['audit', 'audit_head']) await sql(`alter table containr.${table} enable trigger user`);
  };
  const write = async (count: number) => {
    for (let at = 1; at <= count; at += 1) expect(await audit.append(entry(`POST /things/${at}`))).to.equal(true);
  };
  const verdict = async () => (await audit.verify()).broken;

  it('keeps what it was told, and finds nothing wrong with it', async () => {
    expect(await audit.verify()).to.deep.equal({ ok: true, checked: 0, broken: null });
    await write(3);
    const { items } = await audit.list({ organisation: null, limit: 50 });
    expect(items.map((row) => [row.position, row.action])).to.deep.equal([
      [3, 'POST /things/3'],
      [2, 'POST /things/2'],
      [1, 'POST /things/1'],
    ]);
    expect(items.at(-1)).to.deep.include({ ...entry('POST /things/1'), previous: genesis });
    expect(await audit.verify()).to.deep.equal({ ok: true, checked: 3, broken: null });
  });

  it('walks a chain that is longer than a page', async () => {
    await Promise.all(Array.from({ length: 2345 }, (_, at) => audit.append(entry(`n ${at}`))));
    expect(await audit.verify()).to.deep.equal({ ok: true, checked: 2345, broken: null });
  });

  it('makes one chain of what two processes write at once', async () => {
    const pool = openPool(database.url, log);
    const other = await openAudit({ pool, keyRing, log });
    await Promise.all(Array.from({ length: 200 }, (_, at) => (at % 2 ? audit : other).append(entry(`both ${at}`))));
    await other.stop();
    await pool.end();
    expect(await audit.verify()).to.deep.equal({ ok: true, checked: 200, broken: null });
    const { items } = await audit.list({ organisation: null, limit: 200 });
    expect(new Set(items.map((row) => row.action)).size).to.equal(200);
  });

  for (const column of ['action', 'principal_id', 'organisation_id', 'request_id', 'address', 'plugin'])
    it(`names the row whose ${column} was changed`, async () => {
      await write(5);
      await tamper(`update containr.audit set ${column} = 'other' where position = 3`);
      expect(await audit.verify()).to.deep.equal({ ok: false, checked: 2, broken: { position: 3, reason: 'changed' } });
    });

  it('names the row that was changed and given a fitting hash', async () => {
    await write(5);
    const { rows } = await sql('select * from containr.audit where position = 3');
    const forged = { ...fromStored(rows[0] as StoredRow), action: 'GET /innocent' };
    await tamper(`update containr.audit set action = 'GET /innocent', hash = '${hashOf(forged)}' where position = 3`);
    expect(await verdict()).to.deep.equal({ position: 3, reason: 'changed' });
  });

  it('names the newest row when it was changed and given a fitting hash', async () => {
    await write(2);
    const { rows } = await sql('select * from containr.audit where position = 2');
    const forged = { ...fromStored(rows[0] as StoredRow), status: 403 };
    await tamper(`update containr.audit set status = 403, hash = '${hashOf(forged)}' where position = 2`);
    expect(await verdict()).to.deep.equal({ position: 2, reason: 'changed' });
  });

  it('names the row that is missing', async () => {
    await write(5);
    await tamper('delete from containr.audit where position = 2');
    expect(await verdict()).to.deep.equal({ position: 2, reason: 'missing' });
  });

  it('names the first of two rows that changed places', async () => {
    await write(6);
    await tamper(
      'update containr.audit set position = -1 where position = 3',
      'update containr.audit set position = 3 where position = 5',
      'update containr.audit set position = 5 where position = -1',
    );
    expect(await verdict()).to.deep.equal({ position: 3, reason: 'reordered' });
  });

  it('notices that the end was cut off, also when the head was moved back', async () => {
    await write(5);
    await tamper('delete from containr.audit where position > 3');
    expect(await verdict()).to.deep.equal({ position: 4, reason: 'truncated' });
    await tamper(
      `update containr.audit_head set position = 3, hash = (select hash from containr.audit where position = 3)`,
    );
    expect(await verdict()).to.deep.equal({ position: 3, reason: 'head' });
  });

  it('notices a chain that was written anew without the keys, and rows behind the end', async () => {
    await write(2);
    const stranger = await openKeyRing(join(folder, 'strange'));
    await tamper('delete from containr.audit', 'delete from containr.audit_head');
    const forged = await openAudit({ pool: database.pool, keyRing: stranger, log });
    await forged.append(entry('nothing happened'));
    expect(await verdict()).to.deep.equal({ position: 1, reason: 'head' });
    await tamper('update containr.audit_head set position = 0');
    expect(await verdict()).to.deep.equal({ position: 1, reason: 'added' });
  });

  it('never begins a new chain over rows whose head is gone', async () => {
    await write(1);
    await tamper('delete from containr.audit_head');
    const again = await openAudit({ pool: database.pool, keyRing, log });
    expect(await again.verify()).to.deep.equal({ ok: false, checked: 1, broken: { position: 1, reason: 'head' } });
    await again.stop();
  });

  it('lets the application neither change nor delete a row, nor take the head back', async () => {
    await write(2);
    for (const statement of [
      `update containr.audit set action = 'x'`,
      'delete from containr.audit where position = 1',
      'truncate containr.audit',
      'update containr.audit_head set position = 1',
      'delete from containr.audit_head',
    ])
      expect(await sql(statement).then(String, String), statement).to.match(/only grows|never goes back/);
    expect(await verdict()).to.equal(null);
  });

  it('stays signed when the key ring gets a new key', async () => {
    await write(1);
    await keyRing.rotate();
    expect(await verdict()).to.equal(null);
    await write(1);
    expect(await verdict()).to.equal(null);
  });

  it('keeps what callers choose as plain, short texts', async () => {
    const odd = 'a\u0000b\ud800' + 'x'.repeat(5000);
    await audit.append(entry('POST /x', { targets: { id: odd }, address: odd, requestId: odd }));
    expect(await audit.verify()).to.deep.include({ ok: true, checked: 1 });
    const { items } = await audit.list({ organisation: null, limit: 1 });
    expect(items[0]?.targets['id'])
      .to.have.lengthOf(300)
      .and.match(/^a\uFFFDb\uFFFDx+$/u);
  });

  it('counts a flood of refused strangers instead of keeping each', async () => {
    const nobody = { kind: 'anonymous', id: 'anonymous', name: 'anonymous', via: 'none' } as const;
    await Promise.all(
      Array.from({ length: 500 }, () => audit.append(entry('POST /x', { principal: nobody, status: 401 }))),
    );
    await write(1);
    const { items } = await audit.list({ organisation: null, limit: 200 });
    const kept = items.filter((row) => row.status === 401).length;
    const counted = items.filter((row) => row.action === 'audit.refusals').map((row) => Number(row.targets['count']));
    expect(kept).to.be.lessThan(200);
    expect(kept + counted.reduce((sum, one) => sum + one, 0)).to.equal(500);
  });

  it('writes what waited when the database comes back', async () => {
    const failed = new Promise<void>((resolve) => (told = resolve));
    await sql('alter table containr.audit rename to audit_away');
    const waiting = audit.append(entry('POST /late'));
    await failed;
    await sql('alter table containr.audit_away rename to audit');
    expect(await waiting).to.equal(true);
    expect(await audit.verify()).to.deep.include({ ok: true, checked: 1 });
  });

  it('is listed by page, organisation, principal, plugin, time and text', async () => {
    const bob = { kind: 'token', id: 'bob', name: 'Bob', via: 'bearer' } as const;
    await audit.append(entry('POST /a', { organisation: 'one' }));
    await audit.append(entry('DELETE /b', { organisation: 'two', principal: bob, plugin: 'git' }));
    await audit.append(entry('POST /c_d', { organisation: 'one', targets: { name: 'web' } }));
    const actions = async (filter: object) =>
      (await audit.list({ organisation: null, limit: 50, ...filter })).items.map((row) => row.action);
    expect(await actions({ organisation: 'one' })).to.deep.equal(['POST /c_d', 'POST /a']);
    expect(await actions({ principal: 'Bob' })).to.deep.equal(['DELETE /b']);
    expect(await actions({ plugin: 'git' })).to.deep.equal(['DELETE /b']);
    expect(await actions({ search: 'c_D' })).to.deep.equal(['POST /c_d']);
    expect(await actions({ search: '%' })).to.deep.equal([]);
    expect(await actions({ search: 'web' })).to.deep.equal(['POST /c_d']);
    expect(await actions({ until: '2000-01-01T00:00:00Z' })).to.deep.equal([]);
    expect(await actions({ since: '2000-01-01T00:00:00Z' })).to.have.lengthOf(3);
    const first = await audit.list({ organisation: null, limit: 2 });
    expect([first.items.length, first.nextCursor]).to.deep.equal([2, '2']);
    const second = await audit.list({ organisation: null, limit: 2, cursor: '2' });
    expect([second.items.map((row) => row.action), second.nextCursor]).to.deep.equal([['POST /a'], null]);
    expect(await audit.list({ organisation: null, limit: 2, cursor: 'x' }).catch(({ code }) => code)).to.equal(
      'INVALID',
    );
  });
});
