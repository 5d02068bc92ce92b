import type { Pool, PoolClient } from 'pg';
import pg from 'pg';
import type { Migration } from '@containr/sdk';
import { beginConfined, confinedRole } from './confined-role.ts';
import type { ConfinedRole } from './confined-role.ts';
import { checkConfinedSql } from './confined-sql.ts';
import type { ConfinedUnit } from './confined-unit.ts';
import { openConfinedUnit } from './confined-unit.ts';
import { refuse, secureTables } from './migrations.ts';
import { ownTables, schemaOf } from './plugin-data.ts';
import { asStoreError } from './store-error.ts';

/** Tables of a plugin that is not trusted. */
export interface ConfinedTables {
  /** Begins a transaction; `*` is every organisation. */
  begin(organisation: string): Promise<ConfinedUnit>;
}

/**
 * Brings the tables of a plugin that is not trusted up, as a role that owns them and nothing else. The schema is there already
 * and stays the application's. Throws `STORE_ISOLATED`, `SQL_REFUSED`, `MIGRATIONS_DIVERGED`.
 */
export async function openConfinedTables(
  pool: Pool,
  plugin: string,
  migrations: readonly Migration[],
  password: string,
): Promise<ConfinedTables> {
  const schema = schemaOf(plugin);
  for (const { up } of migrations) for (const statement of up) checkConfinedSql(statement, 'migration');
  const client = await pool.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtextextended($1, 0))`, [`containr confined ${schema}`]);
    const role = await confinedRole(client, pool, schema, password);
    await giveTables(client, schema, role.name);
    await run(client, schema, role, migrations);
    await client.query('begin');
    await secureTables(client, schema);
    await client.query('commit');
    return { begin: (organisation) => openConfinedUnit(role, schema, organisation) };
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw asStoreError(error);
  } finally {
    await client
      .query(`select pg_advisory_unlock(hashtextextended($1, 0))`, [`containr confined ${schema}`])
      .catch(() => undefined);
    client.release();
  }
}

// A plugin that was trusted before left tables that the application owns.
async function giveTables(client: PoolClient, schema: string, role: string): Promise<void> {
  await client.query(
    `create table if not exists ${schema}.containr_told (id bigint generated always as identity primary key, entry jsonb not null)`,
  );
  await client.query(`grant insert on ${schema}.containr_told to ${role}`);
  await client.query(`grant insert on ${schema}.containr_migrations to ${role}`);
  const { rows } = await client.query<{ table: string }>(
    `select format('%I.%I', n.nspname, c.relname) as table from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relkind in ('r', 'p') and c.relname <> all($3)
        and pg_get_userbyid(c.relowner) <> $2`,
    [schema, role, ownTables],
  );
  for (const { table } of rows) await client.query(`alter table ${table} owner to ${role}`);
}

async function run(
  client: PoolClient,
  schema: string,
  role: ConfinedRole,
  migrations: readonly Migration[],
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(`select name from ${schema}.containr_migrations`);
  const done = new Set(rows.map(({ name }) => name));
  const open = migrations.filter(({ name }) => !done.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  refuse(schema, done, migrations, open);
  if (open.length === 0) return;
  const own = new pg.Client({ connectionString: role.url, statement_timeout: 60_000 });
  own.on('error', () => undefined);
  await own.connect();
  try {
    await beginConfined(own, role, schema, '*');
    for (const { name, up } of open) {
      for (const text of up) await own.query({ text, queryMode: 'extended' } as pg.QueryConfig);
      await own.query(`insert into ${schema}.containr_migrations (name) values ($1)`, [name]);
    }
    await own.query('commit');
  } finally {
    await own.end();
  }
}
