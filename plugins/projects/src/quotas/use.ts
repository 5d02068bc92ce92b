import type { EntityManager } from '@mikro-orm/core';

/** What projects and services of an organisation come to. A service that runs by a schedule counts as one replica. */
export interface Use {
  readonly projects: number;
  readonly services: number;
  readonly replicas: number;
  readonly cpu: number;
  readonly memoryBytes: number;
}

const statement = `
  select (select count(*) from plugin_projects.projects where organisation = ?) as projects,
    count(*) as services, coalesce(sum(replicas), 0) as replicas,
    coalesce(sum(replicas * cpu), 0) as cpu, coalesce(sum(replicas * memory), 0) as memory
  from (
    select case when kind = 'cron' then 1 else coalesce((spec->>'replicas')::int, 1) end as replicas,
      coalesce((spec->'resources'->>'cpu')::numeric, 1) as cpu,
      coalesce((spec->'resources'->>'memoryBytes')::bigint, 536870912) as memory
    from plugin_projects.services where organisation = ?
  ) each`;

/** Counts what an organisation has now, as the transaction sees it. */
export async function useOf(em: EntityManager, organisation: string): Promise<Use> {
  const answer: unknown = await em
    .getConnection()
    .execute(statement, [organisation, organisation], 'all', em.getTransactionContext());
  const [row] = answer as readonly Readonly<Record<string, unknown>>[];
  return {
    projects: Number(row?.['projects'] ?? 0),
    services: Number(row?.['services'] ?? 0),
    replicas: Number(row?.['replicas'] ?? 0),
    cpu: Number(row?.['cpu'] ?? 0),
    memoryBytes: Number(row?.['memory'] ?? 0),
  };
}
