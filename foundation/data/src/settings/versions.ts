import type { Pool } from 'pg';
import type { SettingChange } from './diff.ts';

/** One version of a plugin's settings. */
export interface SettingsVersion {
  readonly version: number;
  readonly at: Date;
  /** Name of who made it. */
  readonly by: string;
  /** The version that it brought back, when it did. */
  readonly restored: number | null;
  readonly changes: readonly SettingChange[];
}

/** What is stored of one plugin's settings; secrets are sealed. */
export interface StoredSettings {
  readonly value: Readonly<Record<string, unknown>>;
  readonly version: number;
}

/** Told of each new version, to every process. */
export const settingsChannel = 'containr_settings';

/** The present version; version 0 is what nobody has changed. */
export async function readStored(pool: Pool, plugin: string): Promise<StoredSettings> {
  const { rows } = await pool.query<{ value: Record<string, unknown>; version: string }>(
    'select value, version::text from containr.settings where plugin = $1',
    [plugin],
  );
  const [row] = rows;
  return row ? { value: row.value, version: Number(row.version) } : { value: {}, version: 0 };
}

/** An earlier version's values; `null` when it is not kept. Version 0 is empty: all defaults. */
export async function readVersion(
  pool: Pool,
  plugin: string,
  version: number,
): Promise<Readonly<Record<string, unknown>> | null> {
  if (version === 0) return {};
  const { rows } = await pool.query<{ value: Record<string, unknown> }>(
    'select value from containr.settings_versions where plugin = $1 and version = $2',
    [plugin, version],
  );
  return rows[0]?.value ?? null;
}

/** Stores the version after `made.version - 1`, and tells every process; `false` when somebody else was first. */
export async function writeVersion(
  pool: Pool,
  plugin: string,
  made: Omit<SettingsVersion, 'at'> & { readonly value: Readonly<Record<string, unknown>> },
): Promise<boolean> {
  const { rows } = await pool.query(
    `with stored as (
       insert into containr.settings (plugin, version, value, by_name) values ($1, $2, $3, $4)
         on conflict (plugin) do update set version = excluded.version, value = excluded.value, by_name = excluded.by_name, at = now()
         where settings.version = excluded.version - 1
         returning plugin, version),
     kept as (
       insert into containr.settings_versions (plugin, version, value, by_name, restored, changes)
         select plugin, version, $3, $4, $5, $6 from stored returning plugin)
     select pg_notify('${settingsChannel}', plugin) from kept`,
    [plugin, made.version, JSON.stringify(made.value), made.by, made.restored, JSON.stringify(made.changes)],
  );
  return rows.length > 0;
}

/** Versions, newest first; `before` is the version that the page before ended with. */
export async function listVersions(
  pool: Pool,
  plugin: string,
  page: { readonly limit: number; readonly before?: number | undefined },
): Promise<{ items: readonly SettingsVersion[]; next: number | null }> {
  const { rows } = await pool.query<{
    version: string;
    at: Date;
    by_name: string;
    restored: string | null;
    changes: SettingChange[];
  }>(
    `select version::text, at, by_name, restored::text, changes from containr.settings_versions
      where plugin = $1 and ($2::bigint is null or version < $2) order by version desc limit $3`,
    [plugin, page.before ?? null, page.limit + 1],
  );
  const items = rows.slice(0, page.limit).map((row) => ({
    version: Number(row.version),
    at: row.at,
    by: row.by_name,
    restored: row.restored === null ? null : Number(row.restored),
    changes: row.changes,
  }));
  return { items, next: rows.length > page.limit ? (items.at(-1)?.version ?? null) : null };
}
