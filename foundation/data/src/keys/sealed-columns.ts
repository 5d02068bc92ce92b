import type { Pool, PoolClient } from 'pg';
import type { KeyRing } from '../secrets/key-ring.ts';

/** A column of the install's own schemas that can hold sealed texts. */
export interface Column {
  /** Quoted, with its schema. */
  readonly table: string;
  /** Quoted. */
  readonly column: string;
  readonly type: string;
  /** For people: `plugin_projects.variables.value`. */
  readonly name: string;
}

const batch = 200;

/** Every text and JSON column of the kernel and of plugins, also of those that are off. */
export async function findColumns(pool: Pool): Promise<readonly Column[]> {
  const { rows } = await pool.query<Column>(
    `select format('%I.%I', c.table_schema, c.table_name) as table, format('%I', c.column_name) as column,
            c.data_type as type, concat_ws('.', c.table_schema, c.table_name, c.column_name) as name
       from information_schema.columns c
       join information_schema.tables t using (table_schema, table_name)
      where t.table_type = 'BASE TABLE' and (c.table_schema = 'containr' or c.table_schema like 'plugin\\_%')
        and c.data_type in ('text', 'character varying', 'json', 'jsonb') and c.is_generated = 'NEVER'
      order by name`,
  );
  return rows;
}

/** How many rows of a column hold something that one of the keys sealed or signed. */
export async function countSealed(pool: Pool, { table, column }: Column, keys: readonly string[]): Promise<number> {
  return seeingAll(pool, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int as count from ${table} where ${column}::text ~ $1`,
      [pattern('(v1|v2|s1)', keys)],
    );
    return rows[0]?.count ?? 0;
  });
}

/**
 * Wraps anew what the keys sealed in one column, a batch in one transaction; gives how many rows it changed. What it holds
 * is not opened, so no plugin has to take part. Throws `SECRET_UNREADABLE` when one can't be.
 */
export async function rewrapColumn(
  pool: Pool,
  { table, column, type }: Column,
  keyRing: Pick<KeyRing, 'rewrap'>,
  keys: readonly string[],
): Promise<number> {
  const sealed = new RegExp(`v2\\.(?:${keys.join('|')})\\.[\\w-]+\\.[\\w-]+`, 'g');
  return seeingAll(pool, async (client) => {
    const { rows } = await client.query<{ place: string; text: string }>(
      `select ctid::text as place, ${column}::text as text from ${table} where ${column}::text ~ $1 limit ${batch} for update`,
      [pattern('v2', keys)],
    );
    for (const { place, text } of rows)
      await client.query(`update ${table} set ${column} = $1::${type} where ctid = $2::tid`, [
        text.replaceAll(sealed, (one) => keyRing.rewrap(one)),
        place,
      ]);
    return rows.length;
  });
}

/** At the beginning of the text, or of a text inside JSON. */
function pattern(version: string, keys: readonly string[]): string {
  return `(^|")${version}\\.(${keys.join('|')})\\.`;
}

/** One transaction that sees the rows of every organisation. */
async function seeingAll<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    await client.query(`select set_config('containr.organisation', '*', true)`);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failed: Error) => (broken = failed));
    throw error;
  } finally {
    client.release(broken);
  }
}
