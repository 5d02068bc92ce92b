import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { findHome } from '@containr/postgres';
import type { Subject } from './subject.ts';

/** What a rest is compared with: advisory locks and networks that an install has all the time. */
export interface Baseline {
  readonly locks: ReadonlySet<string>;
  readonly networks: ReadonlySet<string>;
}

/** Looks at an install that rests. */
export async function baselineOf(subject: Subject): Promise<Baseline> {
  return {
    locks: new Set(await locks(subject)),
    networks: new Set((await subject.engine?.state())?.networks),
  };
}

/** Everything that an install at rest must not have: work that nobody does, replicas, files and processes that nobody wants, locks that nobody needs. */
export async function leftovers(subject: Subject, baseline: Baseline): Promise<string[]> {
  const wanted = new Set(
    await column(
      subject,
      `select r.id from plugin_deployments.replicas r join plugin_deployments.deployments d on d.id = r.deployment
        where d.status = 'live' and r.desired = 'running' and r.state = 'running' and r.role = 'serving'`,
    ),
  );
  return [
    ...(await column(
      subject,
      `select 'deployment #' || number || ' is ' || status || coalesce(' in ' || phase, '') from plugin_deployments.deployments where status in ('queued', 'running', 'watching')`,
    )),
    ...(await column(
      subject,
      `select 'replica ' || id || ' is ' || state || ' and should be ' || desired from plugin_deployments.replicas where state <> 'gone' and not (id::text = any($1))`,
      [[...wanted]],
    )),
    ...(await column(
      subject,
      `select 'task ' || id || ' has no end' from plugin_deployments.tasks where outcome is null`,
    )),
    ...(await column(
      subject,
      `select 'run ' || id || ' is ' || status from plugin_runs.runs where status in ('waiting', 'running')`,
    )),
    ...(await column(
      subject,
      `select 'job ' || task_identifier || ' ' || case when locked_at is not null then 'is held' when attempts >= max_attempts then 'was given up: ' || coalesce(last_error, 'it was interrupted') else 'waits for ' || run_at end
         from graphile_worker.jobs where locked_at is not null or attempts >= max_attempts or (task_identifier like 'deployments:%' and run_at < now() - interval '1 second')`,
    )),
    ...(await column(
      subject,
      `select 'worker ' || worker || ' of a dead process' from containr.job_workers w where not exists (select from pg_stat_activity a where a.application_name = w.process)`,
    )),
    ...(await locks(subject)).filter((lock) => !baseline.locks.has(lock)).map((lock) => `lock ${lock} is held`),
    ...onDisk(subject, wanted),
    ...(await inEngine(subject, wanted, baseline)),
    ...(await programs(subject, wanted)),
    ...(await temporaries(subject)),
  ];
}

async function column(subject: Subject, sql: string, values: readonly unknown[] = []): Promise<string[]> {
  const { rows } = await subject.database.query<Record<string, unknown>>(sql, [...values]);
  return rows.map((row) => String(Object.values(row)[0]));
}

/** Advisory locks by key, without those of transactions that are under way. */
function locks(subject: Subject): Promise<string[]> {
  return column(
    subject,
    `select classid || '/' || objid from pg_locks where locktype = 'advisory' and granted order by 1`,
  );
}

/** What the agent keeps of replicas, builds and tasks. */
function onDisk(subject: Subject, wanted: ReadonlySet<string>): string[] {
  const agent = join(subject.install.data, 'agent');
  const names = (folder: string): string[] => (existsSync(join(agent, folder)) ? readdirSync(join(agent, folder)) : []);
  const kept = names('plugins/process/records')
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -5));
  const open = names('tasks').filter((task) => {
    const path = join(agent, 'tasks', task, 'task.json');
    return !existsSync(path) || /"(outcome|takenAt)":null/.test(readFileSync(path, 'utf8'));
  });
  return [
    ...kept.filter((one) => !wanted.has(one)).map((one) => `record of replica ${one}`),
    ...[...wanted].filter((one) => !subject.engine && !kept.includes(one)).map((one) => `no record of replica ${one}`),
    ...names('plugins/process/replicas')
      .filter((one) => !wanted.has(one))
      .map((one) => `folder of replica ${one}`),
    ...names('plugins/process/builds').map((one) => `folder of a build ${one}`),
    ...open.map((one) => `task ${one} on the node`),
  ];
}

/** Containers and networks that nobody wants. */
async function inEngine(subject: Subject, wanted: ReadonlySet<string>, baseline: Baseline): Promise<string[]> {
  if (!subject.engine) return [];
  const { containers, networks } = await subject.engine.state();
  const expected = [...wanted].map((replica) => `containr-${replica}`);
  return [
    ...containers.filter((one) => !expected.includes(one)).map((one) => `container ${one}`),
    ...expected.filter((one) => !containers.includes(one)).map((one) => `no container ${one}`),
    ...networks.filter((one) => !baseline.networks.has(one)).map((one) => `network ${one}`),
  ];
}

/** Supervisors of replicas and tasks that nobody knows. */
async function programs(subject: Subject, wanted: ReadonlySet<string>): Promise<string[]> {
  const known = [...wanted].flatMap((replica) => {
    try {
      const record: unknown = JSON.parse(
        readFileSync(join(subject.install.data, 'agent/plugins/process/records', `${replica}.json`), 'utf8'),
      );
      const pid = (record as { supervisor?: { pid?: number } }).supervisor?.pid;
      return pid === undefined ? [] : [pid];
    } catch {
      return [];
    }
  });
  const found: string[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || known.includes(Number(name))) continue;
    const argv = (() => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      } catch {
        return [];
      }
    })();
    if (argv.some((one) => one.startsWith(join(subject.install.data, 'agent/halves'))) && !argv.includes('--socket'))
      found.push(`process ${name}: ${argv.join(' ').slice(0, 200)}`);
  }
  return found;
}

const temporary = /\.(next|new|tmp|partial|aside)$/;

/** Files that were to be moved into their place, and folders for the moment. */
async function temporaries(subject: Subject): Promise<string[]> {
  const { data } = subject.install;
  const { root: postgres } = await findHome(data);
  const found: string[] = [];
  const look = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (path.startsWith(postgres) || path === join(data, 'postgres') || entry.name === 'node_modules') continue;
      if (temporary.test(entry.name) || /plugins\/deployments\/tmp\/./.test(path))
        found.push(`temporary ${relative(data, path)}`);
      else if (entry.isDirectory() && !/plugins\/process\/(toolchains|artifacts|caches|replicas)$/.test(path))
        look(path);
    }
  };
  look(data);
  return found;
}
