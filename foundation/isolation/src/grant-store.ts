import { randomBytes } from 'node:crypto';
import type { Logger, Migration } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/validate';
import type { GrantKind, Grants } from './grants.ts';
import { grantKinds, noGrants } from './grants.ts';
import { Refusals } from './refusals.ts';

/** Asks the database; `$1` stands for a value. */
export interface Query {
  query(sql: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Seals what lies in the database. */
export interface Sealer {
  seal(plugin: string, owner: string, text: string): string;
  open(plugin: string, owner: string, sealed: string): string;
}

/** What was granted to isolated plugins, and the keys of their secrets; rows in the kernel's schema. */
export interface GrantStore {
  /** What plugins tried in this process and may not. */
  readonly refusals: Refusals;
  /** What is granted, as it was when it was last read or changed here. */
  of(plugin: string): Grants;
  /** Reads it anew. */
  load(plugin: string): Promise<Grants>;
  /** Takes over what another process changed (`null`: of any plugin); what can't be read stays as it was, and is logged. */
  heard(plugin: string | null): void;
  /** Grants or takes back, and tells every process of it; what is granted then. */
  change(plugin: string, changes: readonly GrantChange[], by: string): Promise<Grants>;
  /** The key of a plugin's secrets, or of another thing of its (`name/thing`); made the first time. */
  secretKey(plugin: string): Promise<Buffer>;
  /** Takes everything back; with `purge` also the keys, without which its secrets are noise. */
  forget(plugin: string, purge: boolean): Promise<void>;
}

/** One thing to grant or to take back. */
export interface GrantChange {
  readonly kind: GrantKind;
  readonly value: string;
  readonly granted: boolean;
}

/** Tells every process whose grants changed. */
export const grantsChannel = 'containr_grants';

/** Tables of this folder, in the kernel's schema. */
export const isolationMigrations: readonly Migration[] = [
  {
    name: 'isolation-0001',
    up: [
      `create table plugin_grants (
        plugin text not null,
        kind text not null,
        value text not null,
        granted_at timestamptz not null default now(),
        granted_by text not null,
        primary key (plugin, kind, value)
      )`,
      `create table plugin_keys (plugin text primary key, sealed text not null)`,
    ],
  },
];

const GrantRows = defineSchema({
  type: 'array',
  items: {
    type: 'object',
    properties: { kind: { type: 'string', enum: grantKinds }, value: { type: 'string' } },
    required: ['kind', 'value'],
  },
});
const KeyRows = defineSchema({
  type: 'array',
  items: { type: 'object', properties: { sealed: { type: 'string' } }, required: ['sealed'] },
});

/** Opens the rows. `changed` is told in each process once what was granted to a plugin is known to be something else. */
export function openGrants(
  database: Query,
  sealer: Sealer,
  log: Logger,
  changed: (plugin: string) => void = () => undefined,
): GrantStore {
  const known = new Map<string, Grants>();
  const refusals = new Refusals();

  async function load(plugin: string): Promise<Grants> {
    const { rows } = await database.query(
      'select kind, value from containr.plugin_grants where plugin = $1 order by kind, value',
      [plugin],
    );
    const checked = validate<{ kind: GrantKind; value: string }[]>(GrantRows, rows, 'The grants in the database');
    const grants = Object.fromEntries(
      grantKinds.map((kind) => [kind, checked.filter((row) => row.kind === kind).map((row) => row.value)]),
    ) as Record<GrantKind, string[]>;
    const before = known.get(plugin);
    known.set(plugin, grants);
    if (before && JSON.stringify(before) !== JSON.stringify(grants)) changed(plugin);
    return grants;
  }

  return {
    refusals,
    of: (plugin) => known.get(plugin) ?? noGrants,
    load,
    heard(plugin) {
      for (const one of plugin === null ? known.keys() : [plugin])
        if (known.has(one))
          load(one).catch((error: unknown) => log.error({ error, plugin: one }, 'Changed grants could not be read'));
    },
    async change(plugin, changes, by) {
      for (const { kind, value, granted } of changes) {
        if (granted)
          await database.query(
            `insert into containr.plugin_grants (plugin, kind, value, granted_by) values ($1, $2, $3, $4)
             on conflict do nothing`,
            [plugin, kind, value, by],
          );
        else
          await database.query('delete from containr.plugin_grants where plugin = $1 and kind = $2 and value = $3', [
            plugin,
            kind,
            value,
          ]);
      }
      await database.query('select pg_notify($1, $2)', [grantsChannel, plugin]);
      return load(plugin);
    },
    async forget(plugin, purge) {
      await database.query('delete from containr.plugin_grants where plugin = $1', [plugin]);
      if (purge)
        await database.query('delete from containr.plugin_keys where plugin = $1 or starts_with(plugin, $2)', [
          plugin,
          `${plugin}/`,
        ]);
      await database.query('select pg_notify($1, $2)', [grantsChannel, plugin]);
      known.delete(plugin);
      refusals.forget(plugin);
    },
    async secretKey(plugin) {
      const fresh = sealer.seal('isolation', plugin, randomBytes(32).toString('base64'));
      await database.query('insert into containr.plugin_keys (plugin, sealed) values ($1, $2) on conflict do nothing', [
        plugin,
        fresh,
      ]);
      const { rows } = await database.query('select sealed from containr.plugin_keys where plugin = $1', [plugin]);
      const [row] = validate<{ sealed: string }[]>(KeyRows, rows, 'The key in the database');
      return Buffer.from(sealer.open('isolation', plugin, row?.sealed ?? ''), 'base64');
    },
  };
}
