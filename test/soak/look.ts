import { setTimeout as pause } from 'node:timers/promises';
import type { TestPlatform } from '@containr/testing';

/** Everything that a plugin could leave behind, as one comparable list of lines. */
export type Look = readonly string[];

const settleMs = 15_000;
const poolSize = 10;
const ours = `pid <> pg_backend_pid() and application_name like 'containr %'`;

/** What is registered, served, listened to, open and held while nothing happens: as it was seen three times in a row. */
export async function look(test: TestPlatform): Promise<Look> {
  let seen: Look = [];
  for (let same = 0; same < 3;) {
    const now = await lookOnce(test);
    same = differences(seen, now).length === 0 ? same + 1 : 1;
    seen = now;
    await pause(30);
  }
  return seen;
}

async function lookOnce(test: TestPlatform): Promise<Look> {
  await fillPool(test);
  const registered = Object.entries(test.platform.registered()).flatMap(([registry, all]) =>
    all.map((one) => `${registry}: ${JSON.stringify(one)}`),
  );
  const plugins = test.platform.lifecycle
    .list()
    // What is back keeps the cause of its last end, for the admin to read.
    .map(({ name, state, cause }) => `plugin: ${name} ${state} ${state === 'active' ? '' : (cause?.code ?? '')}`);
  return [
    ...registered,
    ...plugins,
    ...(await served(test)),
    ...(await owned(test)),
    ...counted('process listener', listeners()),
    ...counted('handle', process.getActiveResourcesInfo()),
    ...(await database(test)),
  ].toSorted();
}

/** What differs between two looks; `[]` when nothing was left behind and nothing is missing. */
export function differences(before: Look, after: Look): readonly string[] {
  const left = new Map<string, number>();
  for (const line of before) left.set(line, (left.get(line) ?? 0) - 1);
  for (const line of after) left.set(line, (left.get(line) ?? 0) + 1);
  return [...left].flatMap(([line, count]) =>
    count === 0 ? [] : [`${count > 0 ? 'left behind' : 'missing'}: ${line}`],
  );
}

/** Compares with `before` until it is the same: connections and timers take a moment to go. Gives what still differs then. */
export async function settled(test: TestPlatform, before: Look): Promise<readonly string[]> {
  const end = Date.now() + settleMs;
  for (;;) {
    const found = differences(before, await lookOnce(test));
    if (found.length === 0 || Date.now() > end) return found;
    await pause(100);
  }
}

/** The database pool opens connections as they are needed: fully open it is the same before and after. */
async function fillPool(test: TestPlatform): Promise<void> {
  for (let round = 0; round < 50; round += 1) {
    const { rows } = await test.database.pool.query<{ count: number }>(
      `select count(*)::int from pg_stat_activity where datname = current_database() and ${ours}`,
    );
    if ((rows[0]?.count ?? 0) >= poolSize) return;
    await Promise.all(Array.from({ length: 3 * poolSize }, () => test.console('/jobs')));
  }
}

async function served(test: TestPlatform): Promise<readonly string[]> {
  const openApi = (await test.console('/openapi.json')).json as { paths: Record<string, Record<string, unknown>> };
  const ui = (await test.console('/ui')).json as { plugins: readonly unknown[] };
  return [
    ...Object.entries(openApi.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => `openapi: ${method} ${path} ${JSON.stringify(operation)}`),
    ),
    ...ui.plugins.map((one) => `ui: ${JSON.stringify(one)}`),
  ];
}

async function owned(test: TestPlatform): Promise<readonly string[]> {
  const { items } = (await test.console('/plugins?limit=200')).json as {
    items: readonly { name: string; contributions: readonly string[]; permissions: readonly { name: string }[] }[];
  };
  return items.flatMap(({ name, contributions, permissions }) => [
    ...contributions.map((label) => `owned by ${name}: ${label}`),
    ...permissions.map((permission) => `permission of ${name}: ${permission.name}`),
  ]);
}

function listeners(): readonly string[] {
  return process.eventNames().flatMap((name) => Array<string>(process.listenerCount(name)).fill(String(name)));
}

/** Server connections, open transactions and advisory locks of this install's database. */
async function database(test: TestPlatform): Promise<readonly string[]> {
  const { rows } = await test.database.pool.query<{ what: string }>(
    `select 'connection' as what from pg_stat_activity where datname = current_database() and ${ours}
     union all select 'open transaction' from pg_stat_activity where datname = current_database() and ${ours} and state like 'idle in transaction%'
     union all select 'advisory lock' from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and l.locktype = 'advisory'`,
  );
  return counted(
    'database',
    rows.map(({ what }) => what),
  );
}

function counted(what: string, names: readonly string[]): readonly string[] {
  return Object.entries(Object.groupBy(names, (name) => name)).map(
    ([name, all = []]) => `${what}: ${all.length} ${name}`,
  );
}
