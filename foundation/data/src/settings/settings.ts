import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';
import type { Disposer, JSONSchema } from '@containr/sdk';
import { ContainrError, conflict } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { KeyRing } from '../secrets/key-ring.ts';
import { mergePatch } from './merge-patch.ts';

type Values = Record<string, unknown>;

/** Settings by plugin that the start command fixes. */
export type Overrides = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What an admin sees of a plugin's settings. */
export interface SettingsView {
  readonly schema: JSONSchema;
  /** Values in force, without secrets. */
  readonly value: Readonly<Values>;
  /** Names of secret settings that have a value. */
  readonly secretsSet: readonly string[];
  /** Names fixed by the start command. */
  readonly overridden: readonly string[];
  readonly version: number;
}

/** One plugin's settings. */
export interface PluginSettings<S> {
  /** Defaults, then what is stored, then the start command's overrides; secrets are open here. */
  readonly current: S;
  onChange(handler: (next: S) => void): Disposer;
  view(): SettingsView;
  /**
   * Changes them by JSON merge patch (`null` brings a default back). Throws `INVALID`, `STALE` (412) when `version` is
   * not the present one, `CONFLICT_SETTING_FIXED` for what the start command fixes.
   */
  change(patch: Readonly<Values>, options: { by: string; version?: number }): Promise<SettingsView>;
}

/** All plugins' settings. */
export interface Settings {
  /** Reads a plugin's settings. Throws `INVALID` when what is stored or overridden does not fit the schema. */
  open<S>(plugin: string, schema: JSONSchema): Promise<PluginSettings<S>>;
}

/** Makes the settings of an install. */
export function createSettings(options: { pool: Pool; keyRing: KeyRing; overrides?: Overrides }): Settings {
  return { open: (plugin, schema) => openSettings(options, plugin, schema) };
}

async function openSettings<S>(
  { pool, keyRing, overrides = {} }: Parameters<typeof createSettings>[0],
  plugin: string,
  schema: JSONSchema,
): Promise<PluginSettings<S>> {
  const properties = propertiesOf(schema);
  const secrets = Object.keys(properties).filter((name) => properties[name]?.['writeOnly'] === true);
  const fixed = overrides[plugin] ?? {};
  const handlers = new Set<(next: S) => void>();
  let { stored, version } = await load();
  let current = effective(stored);

  async function load(): Promise<{ stored: Values; version: number }> {
    const { rows } = await pool.query<{ value: Values; version: string }>(
      'select value, version::text from containr.settings where plugin = $1',
      [plugin],
    );
    const [row] = rows;
    if (!row) return { stored: {}, version: 0 };
    // What a newer version of the plugin does not know any more is left aside.
    const known = Object.entries(row.value).filter(([name]) => name in properties);
    const opened = known.map(([name, value]): [string, unknown] => [
      name,
      secrets.includes(name) ? keyRing.open(plugin, `setting ${name}`, String(value)) : value,
    ]);
    return { stored: Object.fromEntries(opened), version: Number(row.version) };
  }

  function effective(values: Values): S {
    const defaults = Object.fromEntries(
      Object.entries(properties).flatMap(([name, property]) =>
        'default' in property ? [[name, property['default']]] : [],
      ),
    );
    return validate<S>(schema, structuredClone({ ...defaults, ...values, ...fixed }), `The settings of ${plugin}`);
  }

  function view(): SettingsView {
    const values = Object.entries(Object(current) as Values);
    return {
      schema,
      value: Object.fromEntries(values.filter(([name]) => !secrets.includes(name))),
      secretsSet: values
        .filter(([name, value]) => secrets.includes(name) && value !== '' && value !== null)
        .map(([name]) => name),
      overridden: Object.keys(fixed),
      version,
    };
  }

  return {
    get current() {
      return current;
    },
    onChange(handler) {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    view,
    async change(patch, { by, version: expected }) {
      const held = Object.keys(patch).find((name) => name in fixed);
      if (held !== undefined)
        throw conflict(
          'CONFLICT_SETTING_FIXED',
          `${held} is fixed by the start command.`,
          'Start without that option to change it here.',
        );
      const latest = await load();
      if (expected !== undefined && expected !== latest.version) throw stale(plugin);
      const wanted = mergePatch(latest.stored, patch);
      const next = effective(wanted);
      const sealed = Object.entries(wanted).map(([name, value]) => [
        name,
        secrets.includes(name) ? keyRing.seal(plugin, `setting ${name}`, String(value)) : value,
      ]);
      const { rowCount } = await pool.query(
        `insert into containr.settings (plugin, version, value, by_name) values ($1, $2::bigint + 1, $3, $4)
           on conflict (plugin) do update set version = excluded.version, value = excluded.value, by_name = excluded.by_name, at = now()
           where settings.version = $2`,
        [plugin, latest.version, JSON.stringify(Object.fromEntries(sealed)), by],
      );
      if (rowCount === 0) throw stale(plugin);
      const changed = !isDeepStrictEqual(next, current);
      stored = wanted;
      version = latest.version + 1;
      current = next;
      if (changed) for (const handler of handlers) handler(current);
      return view();
    },
  };
}

function propertiesOf(schema: JSONSchema): Record<string, Record<string, unknown>> {
  const properties = typeof schema === 'object' ? schema['properties'] : undefined;
  return Object(properties ?? {}) as Record<string, Record<string, unknown>>;
}

function stale(plugin: string): ContainrError {
  return new ContainrError({
    code: 'STALE',
    status: 412,
    detail: `The settings of ${plugin} changed meanwhile.`,
    hint: 'Read them again, then send the change.',
  });
}
