import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';
import type { Disposer, JSONSchema } from '@containr/sdk';
import { ContainrError, conflict, notFound } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { KeyRing } from '../secrets/key-ring.ts';
import { diffSettings } from './diff.ts';
import { mergePatch } from './merge-patch.ts';
import type { SettingsVersion } from './versions.ts';
import { listVersions, readStored, readVersion, writeVersion } from './versions.ts';

type Values = Record<string, unknown>;

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

/** Who changes settings, and which version they saw. */
export interface ChangeOptions {
  readonly by: string;
  readonly version?: number;
}

/** One plugin's settings. */
export interface PluginSettings<S> {
  /** Defaults, then what is stored, then the start command's overrides; secrets are open here. */
  readonly current: S;
  readonly version: number;
  /** Told of each change, by whatever process. */
  onChange(handler: (next: S) => void): Disposer;
  view(): SettingsView;
  /**
   * Changes them by JSON merge patch (`null` brings a default back). Throws `INVALID`, `STALE` (412) when `version` is
   * not the present one, `CONFLICT_SETTING_FIXED` for what the start command fixes.
   */
  change(patch: Readonly<Values>, options: ChangeOptions): Promise<SettingsView>;
  /** Makes a new version of an earlier one's values, secrets too; 0 are the defaults. Throws `NOT_FOUND`, `INVALID`, `STALE`. */
  restore(version: number, options: ChangeOptions): Promise<SettingsView>;
  /** Versions, newest first. */
  history(page: {
    limit: number;
    before?: number | undefined;
  }): Promise<{ items: readonly SettingsVersion[]; next: number | null }>;
  /** Reads what another process changed, and tells the handlers. */
  refresh(): Promise<void>;
}

/** Settings that have handlers here. */
export interface Followed {
  readonly plugin: string;
  refresh(): Promise<void>;
}

/** What settings are opened with; `followed` is told which ones have handlers. */
export interface SettingsSource {
  readonly pool: Pool;
  readonly keyRing: Pick<KeyRing, 'seal' | 'open'>;
  readonly fixed: Readonly<Values>;
  readonly followed: Set<Followed>;
}

/** Reads a plugin's settings. Throws `INVALID` when what is stored or fixed does not fit the schema, `SECRET_UNREADABLE`. */
export async function openPluginSettings<S>(
  source: SettingsSource,
  plugin: string,
  schema: JSONSchema,
): Promise<PluginSettings<S>> {
  const { pool, keyRing, fixed, followed } = source;
  const properties = propertiesOf(schema);
  const secrets = Object.keys(properties).filter((name) => properties[name]?.['writeOnly'] === true);
  const defaults = Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) =>
      'default' in property ? [[name, property['default']]] : [],
    ),
  );
  const handlers = new Set<(next: S) => void>();
  let { values: stored, version } = await load();
  let current = effective(stored);
  let queue: Promise<unknown> = Promise.resolve();

  async function load(): Promise<{ values: Values; version: number }> {
    const found = await readStored(pool, plugin);
    return { values: opened(found.value), version: found.version };
  }

  /** Stored values with their secrets open; what this version of the plugin does not know is left aside. */
  function opened(value: Readonly<Values>): Values {
    const known = Object.entries(value).filter(([name]) => Object.hasOwn(properties, name));
    return Object.fromEntries(
      known.map(([name, one]) => [
        name,
        secrets.includes(name) ? keyRing.open(plugin, `setting ${name}`, String(one)) : one,
      ]),
    );
  }

  function sealed(values: Readonly<Values>): Values {
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        secrets.includes(name) ? keyRing.seal(plugin, `setting ${name}`, String(value)) : value,
      ]),
    );
  }

  function effective(values: Values): S {
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

  function hold(values: Values, next: S, at: number): void {
    const changed = !isDeepStrictEqual(next, current);
    stored = values;
    version = at;
    current = next;
    if (changed) for (const handler of handlers) handler(current);
  }

  async function store(
    wanted: (present: Values) => Values | Promise<Values>,
    { by, version: expected }: ChangeOptions,
    restored: number | null,
  ): Promise<SettingsView> {
    const latest = await load();
    if (expected !== undefined && expected !== latest.version) throw stale(plugin);
    const values = await wanted(latest.values);
    const next = effective(values);
    const made = {
      version: latest.version + 1,
      by,
      restored,
      changes: diffSettings({ ...defaults, ...latest.values }, { ...defaults, ...values }, secrets),
      value: sealed(values),
    };
    if (!(await writeVersion(pool, plugin, made))) throw stale(plugin);
    hold(values, next, made.version);
    return view();
  }

  /** One at a time, so that this process hears of its own change as of one that it has made already. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = queue.then(work);
    queue = run.catch(() => undefined);
    return run;
  }

  function refresh(): Promise<void> {
    return inTurn(async () => {
      const found = await load();
      if (found.version !== version) hold(found.values, effective(found.values), found.version);
    });
  }

  const follower: Followed = { plugin, refresh };
  return {
    get current() {
      return current;
    },
    get version() {
      return version;
    },
    onChange(handler) {
      handlers.add(handler);
      followed.add(follower);
      return () => {
        handlers.delete(handler);
        if (handlers.size === 0) followed.delete(follower);
      };
    },
    view,
    change(patch, options) {
      const held = Object.keys(patch).find((name) => Object.hasOwn(fixed, name));
      if (held !== undefined) return Promise.reject(fixedByStart(held));
      return inTurn(() => store((present) => mergePatch(present, patch), options, null));
    },
    restore(wanted, options) {
      return inTurn(() =>
        store(
          async () => {
            const value = await readVersion(pool, plugin, wanted);
            if (!value) throw notFound(`version ${wanted} of the settings of ${plugin}`);
            return opened(value);
          },
          options,
          wanted,
        ),
      );
    },
    history: (page) => listVersions(pool, plugin, page),
    refresh,
  };
}

function propertiesOf(schema: JSONSchema): Record<string, Record<string, unknown>> {
  const properties = typeof schema === 'object' ? schema['properties'] : undefined;
  return Object(properties ?? {}) as Record<string, Record<string, unknown>>;
}

function fixedByStart(name: string): ContainrError {
  return conflict(
    'CONFLICT_SETTING_FIXED',
    `${name} is fixed by the start command.`,
    'Start without that option to change it here.',
  );
}

function stale(plugin: string): ContainrError {
  return new ContainrError({
    code: 'STALE',
    status: 412,
    detail: `The settings of ${plugin} changed meanwhile.`,
    hint: 'Read them again, then send the change.',
  });
}
