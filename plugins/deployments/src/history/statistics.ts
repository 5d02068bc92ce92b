import type { UnitOfWork } from '@containr/sdk';
import { phaseNames } from '../contract.ts';
import { query } from '../engine/query.ts';
import type { Road } from '../engine/road.ts';
import { actor, storeOf } from '../engine/road.ts';
import type { Statistics } from './documents.ts';

/** Which deployments are counted. */
export interface StatisticsOrder {
  readonly organisation: string;
  readonly since: Date;
  readonly until: Date;
  readonly by: 'service' | 'user';
  readonly service: string | null;
  readonly project: string | null;
  readonly environment: string | null;
}

type Row = Readonly<Record<string, unknown>>;

const counts = `
  count(*)::int as total,
  count(*) filter (where live_at is not null and status not in ('failed', 'cancelled'))::int as good,
  count(*) filter (where status = 'failed')::int as failed,
  count(*) filter (where status in ('cancelled', 'superseded'))::int as "left",
  percentile_cont(0.5) within group (order by extract(epoch from live_at - created_at) * 1000)
    filter (where live_at is not null) as p50,
  percentile_cont(0.95) within group (order by extract(epoch from live_at - created_at) * 1000)
    filter (where live_at is not null) as p95`;

/** Counts deployments of a time, and how long what was done took; all in the database. */
export async function statisticsOf(road: Road, order: StatisticsOrder): Promise<Statistics> {
  const { all, phases, groups } = await storeOf(road, order.organisation).transaction(async (unit) => ({
    all: await select(unit, order, (where) => `select ${counts} from plugin_deployments.deployments where ${where}`),
    phases: await select(
      unit,
      order,
      (where) => `
        select phase.name, count(*)::int as count,
          percentile_cont(0.5) within group (order by extract(epoch from phase.ended_at - phase.started_at) * 1000) as p50,
          percentile_cont(0.95) within group (order by extract(epoch from phase.ended_at - phase.started_at) * 1000) as p95
        from (select id from plugin_deployments.deployments where ${where}) each
          join plugin_deployments.phases phase on phase.deployment = each.id
        where phase.status = 'done' and phase.started_at is not null and phase.ended_at is not null
        group by phase.name`,
    ),
    groups: await select(
      unit,
      order,
      (where) => `
        select ${order.by === 'service' ? 'service::text' : "coalesce(source->>'author', created_by)"} as key, ${counts}
        from plugin_deployments.deployments where ${where} group by 1 order by total desc, key limit 50`,
    ),
  }));
  const names =
    order.by === 'service' ? await serviceNames(road, order.organisation, groups) : new Map<string, string>();
  const whole = countsOf(all[0] ?? {});
  const judged = whole.good + whole.failed;
  return {
    since: order.since.toISOString(),
    until: order.until.toISOString(),
    ...whole,
    successRate: judged === 0 ? null : whole.good / judged,
    pushToLive: timesOf(all[0] ?? {}),
    phases: phaseNames.flatMap((name) => {
      const row = phases.find((one) => one['name'] === name);
      return row ? [{ name, count: Number(row['count']), ...timesOf(row) }] : [];
    }),
    groups: groups.map((row) => {
      const key = String(row['key']);
      return { key, name: names.get(key) ?? key, ...countsOf(row), ...timesOf(row) };
    }),
  };
}

async function select(
  unit: UnitOfWork,
  order: StatisticsOrder,
  statement: (where: string) => string,
): Promise<readonly Row[]> {
  const filters: [string, unknown][] = [
    ['organisation = ?', order.organisation],
    ['created_at >= ?', order.since],
    ['created_at < ?', order.until],
    ...(['service', 'project', 'environment'] as const).flatMap((name): [string, unknown][] =>
      order[name] === null ? [] : [[`${name} = ?`, order[name]]],
    ),
  ];
  const where = filters.map(([text]) => text).join(' and ');
  return query<Row>(
    unit,
    statement(where),
    filters.map(([, value]) => value),
  );
}

function countsOf(row: Row): { total: number; good: number; failed: number; left: number } {
  const count = (name: string): number => Number(row[name] ?? 0);
  return { total: count('total'), good: count('good'), failed: count('failed'), left: count('left') };
}

function timesOf(row: Row): { p50Ms: number | null; p95Ms: number | null } {
  const time = (value: unknown): number | null =>
    value === null || value === undefined ? null : Math.max(0, Math.round(Number(value)));
  return { p50Ms: time(row['p50']), p95Ms: time(row['p95']) };
}

async function serviceNames(
  road: Road,
  organisation: string,
  groups: readonly Row[],
): Promise<ReadonlyMap<string, string>> {
  if (groups.length === 0) return new Map();
  const { paths } = await road.projects.paths(
    { services: groups.map((row) => String(row['key'])) },
    actor(road, organisation),
  );
  return new Map(paths.map((path) => [path.service, `${path.serviceSlug}@${path.environmentSlug}`]));
}
