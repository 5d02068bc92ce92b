import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { createLogger } from '@containr/sdk/host';
import { testDatabase } from '../../../../sdk/testing/src/database.ts';
import type { TestDatabase } from '../../../../sdk/testing/src/database.ts';
import { createJobs } from '../jobs/jobs.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { openKeyRing } from '../secrets/key-ring.ts';
import type { KeyRing } from '../secrets/key-ring.ts';
import { migrate } from '../store/migrations.ts';
import { openKeys } from './keys.ts';
import type { Keys } from './keys.ts';

const log = createLogger({ level: 'silent' });
const organisation = '01900000-0000-7000-8000-000000000001';
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { code?: string }) => error.code,
  );

describe('rotation of keys', () => {
  let database: TestDatabase;
  let folder: string;
  let keyRing: KeyRing;
  let jobs: Jobs;
  let keys: Keys;
  beforeEach(async () => {
    database = await testDatabase();
    folder = join(await mkdtemp(join(tmpdir(), 'keys-')), 'keys');
    keyRing = await openKeyRing(folder);
    jobs = createJobs({ pool: database.pool, log });
    keys = openKeys({ pool: database.pool, keyRing, jobs, log });
    await migrate(database.pool, 'plugin_shop', [
      { name: '0001', up: ['create table things (id int primary key, organisation uuid, value text, document jsonb)'] },
    ]);
  });
  afterEach(async () => {
    await keys.stop();
    await database.stop();
    await rm(dirname(folder), { recursive: true });
  });
  /** Runs a statement as who sees the rows of every organisation. */
  const sql = async (statement: string, values: unknown[] = []) => {
    const client = await database.pool.connect();
    try {
      await client.query(`begin; set local containr.organisation = '*'`);
      const { rows } = await client.query(statement, values);
      await client.query('commit');
      return rows;
    } finally {
      client.release();
    }
  };
  const fill = async (count: number) => {
    for (let id = 1; id <= count; id += 1)
      await sql('insert into plugin_shop.things values ($1, $2, $3, $4)', [
        id,
        organisation,
        keyRing.seal('shop', `thing ${id}`, `value ${id}`),
        JSON.stringify({ list: [{ sealed: keyRing.seal('shop', 'document', `one ${id}`) }, { plain: 'v2.' }] }),
      ]);
  };
  const read = async () =>
    (await sql('select * from plugin_shop.things order by id')).map((row) => [
      keyRing.open('shop', `thing ${row.id}`, row.value),
      keyRing.open('shop', 'document', row.document.list[0].sealed),
    ]);
  /** As if the rotation had been a while ago. */
  const age = async () => {
    const path = join(folder, 'keys.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"2020-01-01T00:00:00.000Z"'));
    await keyRing.reload();
  };

  it('wraps anew what plugins and the kernel keep, in texts and in JSON, and deletes the older key then', async () => {
    await fill(450);
    const before = await read();
    const [first] = keyRing.list();
    const next = await keys.rotate();
    await age();
    expect((await keys.list()).map((key) => [key.id, key.current, key.sealed])).to.deep.include([
      first?.id,
      false,
      [
        { place: 'plugin_shop.things.document', count: 450 },
        { place: 'plugin_shop.things.value', count: 450 },
      ],
    ]);
    expect(await codeOf(keys.retire(first?.id ?? ''))).to.equal('CONFLICT_KEY_USED');
    expect(await keys.rewrap()).to.equal(900);
    expect(await keys.rewrap()).to.equal(0);
    await keys.retire(first?.id ?? '');
    expect(keyRing.list().map((key) => key.id)).to.deep.equal([next]);
    expect(await read()).to.deep.equal(before);
    expect(await readFile(join(folder, 'keys.json'), 'utf8')).not.to.include(first?.id);
  });

  it('does it as a job, by itself', async () => {
    await fill(3);
    await jobs.start();
    await keys.rotate();
    while ((await keys.list()).some((key) => key.sealed.length > 0)) await new Promise((next) => setTimeout(next, 25));
    await jobs.stop();
    expect(await read()).to.have.lengthOf(3);
  });

  it('keeps a key while something can’t be moved off it, and does the rest', async () => {
    await fill(2);
    const [first] = keyRing.list();
    await keys.rotate();
    await age();
    await sql('create table plugin_shop.broken (value text)');
    await sql('insert into plugin_shop.broken values ($1)', [`v2.${first?.id}.AAAA.BBBB`]);
    expect(await codeOf(keys.rewrap())).to.equal('SECRET_UNREADABLE');
    const left = (await keys.list()).flatMap((key) => key.sealed);
    expect(left).to.deep.equal([{ place: 'plugin_shop.broken.value', count: 1 }]);
    expect(await codeOf(keys.retire(first?.id ?? ''))).to.equal('CONFLICT_KEY_USED');
    expect(await read()).to.have.lengthOf(2);
  });

  it('refuses to delete the current key, an unknown one, and one that others may still seal with', async () => {
    const [first] = keyRing.list();
    expect(await codeOf(keys.retire(first?.id ?? ''))).to.equal('CONFLICT_KEY_CURRENT');
    await keys.rotate();
    expect(await codeOf(keys.retire(first?.id ?? ''))).to.equal('CONFLICT_KEY_FRESH');
    expect(await codeOf(keys.retire('00000000'))).to.equal('NOT_FOUND');
  });

  it('loses no key when two processes rotate at once', async () => {
    const other = openKeys({
      pool: database.pool,
      keyRing: await openKeyRing(folder),
      jobs: createJobs({ pool: database.pool, log }),
      log,
    });
    await Promise.all([keys.rotate(), other.rotate(), keys.rotate(), other.rotate()]);
    await keyRing.reload();
    expect(keyRing.list()).to.have.lengthOf(5);
    await other.stop();
  });
});
