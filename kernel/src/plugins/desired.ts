import type { Pool } from 'pg';

/** Which plugins are to be on: rows in Postgres, so that every control-plane process can follow. */
export interface Desired {
  /** What is on now; a plugin that has no row yet gets one that says on. */
  load(names: readonly string[]): Promise<ReadonlySet<string>>;
  set(name: string, enabled: boolean, by: string): Promise<void>;
}

/** The rows; each change is also a notification (`containr_plugins`) for other processes. */
export function openDesired(pool: Pool): Desired {
  return {
    async load(names) {
      await pool.query(
        `insert into containr.plugins (name, enabled, changed_by) select unnest($1::text[]), true, 'system' on conflict do nothing`,
        [names],
      );
      const { rows } = await pool.query<{ name: string }>('select name from containr.plugins where enabled');
      return new Set(rows.map((row) => row.name));
    },
    async set(name, enabled, by) {
      await pool.query(
        `with changed as (
          insert into containr.plugins (name, enabled, changed_by) values ($1, $2, $3)
          on conflict (name) do update set enabled = $2, changed_by = $3, changed_at = now() returning name
        ) select pg_notify('containr_plugins', name) from changed`,
        [name, enabled, by],
      );
    },
  };
}

/** The install's id: made once, kept for ever. */
export async function installId(pool: Pool): Promise<string> {
  await pool.query('insert into containr.install (id) values (gen_random_uuid()) on conflict do nothing');
  const { rows } = await pool.query<{ id: string }>('select id from containr.install');
  return rows[0]?.id ?? '';
}
