import type { Pool, PoolClient } from 'pg';
import type { Migration } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { asStoreError } from './store-error.ts';

/**
 * Brings a schema up: makes it, and runs what has not run yet, by name, all in one transaction that only one process at a
 * time is in. Statements run with the schema as search path and see every organisation's rows.
 * With `refuseDiverged`, what ran already has to be what is known here plus, at most, newer ones: migrations only expand, so
 * older code runs on a newer schema. Else it throws `MIGRATIONS_DIVERGED`.
 */
export async function migrate(
  pool: Pool,
  schema: string,
  migrations: readonly Migration[],
  options: { refuseDiverged?: boolean } = {},
): Promise<void> {
  let client: PoolClient | undefined;
  try {
    client = await pool.connect();
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtextextended('containr migrate', 0))`);
    await run(client, schema, migrations, options.refuseDiverged ?? false);
    await client.query('commit');
  } catch (error) {
    await client?.query('rollback').catch(() => undefined);
    throw asStoreError(error);
  } finally {
    client?.release();
  }
}

async function run(
  client: PoolClient,
  schema: string,
  migrations: readonly Migration[],
  refuseDiverged: boolean,
): Promise<void> {
  const { rows: known } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    `${schema}.containr_migrations`,
  ]);
  if (!known[0]?.there) {
    await client.query(`create schema if not exists ${schema}`);
    await client.query(
      `create table ${schema}.containr_migrations (name text primary key, at timestamptz not null default now())`,
    );
  }
  const { rows } = await client.query<{ name: string }>(`select name from ${schema}.containr_migrations`);
  const done = new Set(rows.map((row) => row.name));
  const open = migrations.filter((migration) => !done.has(migration.name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (refuseDiverged) refuse(schema, done, migrations, open);
  await client.query(`select set_config('search_path', $1, true), set_config('containr.organisation', '*', true)`, [
    schema,
  ]);
  for (const migration of open) {
    for (const statement of migration.up) await client.query(statement);
    await client.query(`insert into ${schema}.containr_migrations (name) values ($1)`, [migration.name]);
  }
  if (open.length > 0) await secureTables(client, schema);
}

/** Throws `MIGRATIONS_DIVERGED` unless what ran is what is known here plus, at most, newer ones. */
export function refuse(
  schema: string,
  done: ReadonlySet<string>,
  migrations: readonly Migration[],
  open: readonly Migration[],
): void {
  const names = migrations.map((migration) => migration.name).sort();
  const newer = [...done].filter((name) => !names.includes(name));
  const between = newer.filter((name) => name < (names.at(-1) ?? ''));
  if (newer.length === 0 || (open.length === 0 && between.length === 0)) return;
  const missing = open.map((migration) => migration.name);
  throw new ContainrError({
    code: 'MIGRATIONS_DIVERGED',
    status: 409,
    detail: `The data in ${schema} was changed by ${newer.join(', ')}, which this version does not know${missing.length > 0 ? `, and lacks ${missing.join(', ')}` : ''}.`,
    hint: 'Choose a version that has those migrations. Older code runs on newer data only where nothing but new migrations came after its own.',
  });
}

/** Row-level security, forced, on every table that has an `organisation`: reads and writes outside it don't exist. */
export async function secureTables(client: PoolClient, schema: string): Promise<void> {
  const { rows } = await client.query<{ table: string }>(
    `select format('%I.%I', n.nspname, c.relname) as table
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attname = 'organisation' and not a.attisdropped
      where n.nspname = $1 and c.relkind in ('r', 'p')
        and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'containr_organisation')`,
    [schema],
  );
  for (const { table } of rows) {
    await client.query(`alter table ${table} enable row level security`);
    await client.query(`alter table ${table} force row level security`);
    await client.query(
      `create policy containr_organisation on ${table} using (
         current_setting('containr.organisation', true) = '*' or organisation::text = current_setting('containr.organisation', true))`,
    );
  }
}
