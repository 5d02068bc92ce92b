import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import type { Pool } from 'pg';
import { dropConfinedRole } from './confined-role.ts';
import { asStoreError } from './store-error.ts';

/** What a plugin has in the database; `jobs` wait for it, `settings` says whether somebody changed them. */
export const PluginData = defineSchema({
  type: 'object',
  properties: {
    tables: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, rows: { type: 'integer' }, bytes: { type: 'integer' } },
        required: ['name', 'rows', 'bytes'],
        additionalProperties: false,
      },
    },
    jobs: { type: 'integer' },
    settings: { type: 'boolean' },
  },
  required: ['tables', 'jobs', 'settings'],
  additionalProperties: false,
});
export type PluginData = Infer<typeof PluginData>;

/** Tables in a plugin's schema that are not the plugin's. */
export const ownTables = ['containr_migrations', 'containr_told'];

/** Name of the schema that a plugin owns. */
export function schemaOf(plugin: string): string {
  return `plugin_${plugin.replaceAll('-', '_')}`;
}

/** Says what a plugin has in the database; rows are counted. */
export async function describePluginData(pool: Pool, plugin: string): Promise<PluginData> {
  const { rows: tables } = await pool.query<{ name: string; quoted: string; bytes: string }>(
    `select c.relname as name, format('%I.%I', n.nspname, c.relname) as quoted, pg_total_relation_size(c.oid)::text as bytes
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relkind in ('r', 'p') and c.relname <> all($2) order by c.relname`,
    [schemaOf(plugin), ownTables],
  );
  const { rows: rest } = await pool.query<{ jobs: string; settings: boolean }>(
    `select (select count(*) from graphile_worker.jobs where starts_with(task_identifier, $1 || ':'))::text as jobs,
            exists(select from containr.settings where plugin = $1) as settings`,
    [plugin],
  );
  const counted = [];
  for (const { name, quoted, bytes } of tables)
    counted.push({ name, bytes: Number(bytes), rows: await countRows(pool, quoted) });
  return { tables: counted, jobs: Number(rest[0]?.jobs ?? 0), settings: rest[0]?.settings ?? false };
}

/** Drops a plugin's schema, the role that owned its tables, its settings in all versions and its jobs, for ever and in one transaction. */
export async function dropPluginData(pool: Pool, plugin: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`drop schema if exists ${schemaOf(plugin)} cascade`);
    await dropConfinedRole(client, schemaOf(plugin));
    await client.query('delete from containr.settings where plugin = $1', [plugin]);
    await client.query('delete from containr.settings_versions where plugin = $1', [plugin]);
    await client.query(
      `select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs where starts_with(task_identifier, $1 || ':')))`,
      [plugin],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw asStoreError(error);
  } finally {
    client.release();
  }
}

// Row-level security would hide other organisations' rows from the count.
async function countRows(pool: Pool, table: string): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('containr.organisation', '*', true)`);
    const { rows } = await client.query<{ rows: string }>(`select count(*)::text as rows from ${table}`);
    await client.query('commit');
    return Number(rows[0]?.rows ?? 0);
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw asStoreError(error);
  } finally {
    client.release();
  }
}
