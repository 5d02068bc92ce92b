import { expect } from 'chai';
import fc from 'fast-check';
import pg from 'pg';
import { testDatabase } from '@containr/testing';
import { checkConfinedSql } from './confined-sql.ts';
import { openConfinedTables } from './confined-tables.ts';

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

  it('say what is missing where the application may make no roles', async () => {
    const database = await testDatabase();
    const name = `plain_${process.pid}`;
    await database.pool.query(`create role ${name} login password 'x'`);
    const url = new URL(database.url);
    [url.username, url.password] = [name, 'x'];
    const pool = new pg.Pool({ connectionString: url.href, max: 1 });
    const opened = openConfinedTables(pool, 'notes', [], 'x').catch((error: unknown) => error);
    expect(await opened).to.include({ code: 'STORE_ISOLATED' });
    await pool.end();
    await database.pool.query(`drop role ${name}`);
    await database.stop();
  });
});
