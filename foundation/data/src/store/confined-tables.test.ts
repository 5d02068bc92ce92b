import { expect } from 'chai';
import fc from 'fast-check';
import pg from 'pg';
import { testDatabase } from '@containr/testing';
import { checkConfinedSql } from './confined-sql.ts';
import { openConfinedTables } from './confined-tables.ts';
import { migrate } from './migrations.ts';

/** Its `end` does not wait for the server, which then ends what is left when the database goes: that is no failure. */
function poolOf(connectionString: string): pg.Pool {
  return new pg.Pool({ connectionString, max: 1 }).on('error', () => undefined);
}

describe('tables of a plugin that is not trusted', () => {
  it('refuse names that reach beyond them, however they are written', () => {
    const names = fc.constantFrom(
      'set_config',
      'pg_notify',
      'pg_advisory_lock',
      'query_to_xml',
      'ts_stat',
      'lo_import',
    );
    const cased = names.chain((name) =>
      fc
        .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
        .map((upper) => [...name].map((letter, n) => (upper[n] ? letter.toUpperCase() : letter)).join('')),
    );
    const before = fc.constantFrom('', '"', 'pg_catalog.', '1=', '(', '/**/', '1');
    const start = fc.constantFrom(
      'select ',
      'WITH a AS (select 1) select ',
      'update t set a = ',
      '\n insert into t select ',
    );
    fc.assert(
      fc.property(start, before, cased, fc.constantFrom('(', '" (', ' \n('), (...parts) => {
        expect(() => checkConfinedSql(parts.join(''), 'unit')).to.throw(/refused: it names/);
      }),
    );
    for (const fine of ['select lost, blo_x from parts_status', 'update notify set configured = true'])
      checkConfinedSql(fine, 'unit');
  });

  it('belong to their own role, also where the URL names no host', async () => {
    const database = await testDatabase();
    const url = new URL(database.url);
    const named = url.searchParams.get('host') ?? url.hostname;
    const bare = new URL(`postgresql://${url.pathname}?${url.searchParams}`);
    bare.searchParams.set('host', named);
    bare.searchParams.set('port', url.port === '' ? '5432' : url.port);
    bare.searchParams.set('user', decodeURIComponent(url.username));
    bare.searchParams.set('password', decodeURIComponent(url.password));
    const pool = poolOf(bare.href);
    await migrate(pool, 'plugin_notes', []);
    const up = ['create table notes (organisation uuid not null)'];
    const tables = await openConfinedTables(pool, 'notes', [{ name: '0001-init', up }], 'x');
    const unit = await tables.begin('*');
    const owner = `select tableowner = session_user as own, tableowner from pg_tables where tablename = 'notes'`;
    const { rows } = await unit.query(owner, []);
    expect(rows[0]?.[0]).to.equal('t');
    expect(rows[0]?.[1]).to.match(/^plugin_notes_/);
    await unit.rollback();
    await pool.end();
    await database.stop();
  });

  it('say what is missing where the application may make no roles', async () => {
    const database = await testDatabase();
    const name = `plain_${process.pid}`;
    await database.pool.query(`create role ${name} login password 'x'`);
    const url = new URL(database.url);
    [url.username, url.password] = [name, 'x'];
    const pool = poolOf(url.href);
    const opened = openConfinedTables(pool, 'notes', [], 'x').catch((error: unknown) => error);
    expect(await opened).to.include({ code: 'STORE_ISOLATED' });
    await pool.end();
    await database.pool.query(`drop role ${name}`);
    await database.stop();
  });
});
