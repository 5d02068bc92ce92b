import type { Pool } from 'pg';

/** What an install wants of one plugin. */
export interface Wanted {
  readonly enabled: boolean;
  /** Grows with each change: enabling, disabling, replacing. */
  readonly generation: number;
}

/** Which plugins are to be on: rows in Postgres, which every control-plane process follows. */
export interface Desired {
  /** What is wanted now; a plugin that has no row yet gets one that says on. */
  load(names: readonly string[]): Promise<ReadonlyMap<string, Wanted>>;
  /** Switches one on or off; gives its new generation. */
  set(name: string, enabled: boolean, by: string): Promise<number>;
  /** Has every process set it up anew; gives its new generation. */
  replaced(name: string, by: string): Promise<number>;
  /** Forgets that a plugin was ever wanted. */
  forget(name: string): Promise<void>;
}

/** Channel that tells every process of a change. */
export const pluginChannel = 'containr_plugins';

/** The rows; each change is also a notification. */
export function openDesired(pool: Pool): Desired {
  async function change(sql: string, values: readonly unknown[]): Promise<number> {
    const { rows } = await pool.query<{ generation: string }>(
      `with changed as (${sql} returning name, generation)
       select generation::text, pg_notify('${pluginChannel}', name) from changed`,
      [...values],
    );
    return Number(rows[0]?.generation ?? 0);
  }

  return {
    async load(names) {
      await pool.query(
        `insert into containr.plugins (name, enabled, changed_by) select unnest($1::text[]), true, 'system' on conflict do nothing`,
        [names],
      );
      const { rows } = await pool.query<{ name: string; enabled: boolean; generation: string }>(
        'select name, enabled, generation::text from containr.plugins',
      );
      return new Map(
        rows.map(({ name, enabled, generation }) => [name, { enabled, generation: Number(generation) }] as const),
      );
    },
    set: (name, enabled, by) =>
      change(
        `insert into containr.plugins as p (name, enabled, changed_by, generation) values ($1, $2, $3, 1)
         on conflict (name) do update set enabled = $2, changed_by = $3, changed_at = now(), generation = p.generation + 1`,
        [name, enabled, by],
      ),
    replaced: (name, by) =>
      change(
        `update containr.plugins set changed_by = $2, changed_at = now(), generation = generation + 1 where name = $1`,
        [name, by],
      ),
    async forget(name) {
      await change('delete from containr.plugins where name = $1', [name]);
    },
  };
}

/** The install's id: made once, kept for ever. */
export async function installId(pool: Pool): Promise<string> {
  await pool.query('insert into containr.install (id) values (gen_random_uuid()) on conflict do nothing');
  const { rows } = await pool.query<{ id: string }>('select id from containr.install');
  return rows[0]?.id ?? '';
}
