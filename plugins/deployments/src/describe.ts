import type { ServiceDocument } from '@containr/plugin-projects/contract';
import { Deployment } from './entities/deployment.ts';
import { Replica } from './entities/replica.ts';
import { wantedReplicas } from './engine/findings.ts';
import { query, timeOf } from './engine/query.ts';
import type { Road } from './engine/road.ts';
import { storeOf } from './engine/road.ts';

type Ref = NonNullable<ServiceDocument['liveDeployment']>;

/** Adds to services what deployments know of them: state, replicas, the live and the latest deployment. */
export async function describeServices(road: Road, services: ServiceDocument[]): Promise<ServiceDocument[]> {
  const byOrganisation = Map.groupBy(services, (service) => service.organisation);
  const described = new Map<string, ServiceDocument>();
  for (const [organisation, group] of byOrganisation) {
    const facts = await factsOf(
      road,
      organisation,
      group.map((service) => service.id),
    );
    for (const service of group) described.set(service.id, describe(service, facts));
  }
  return services.map((service) => described.get(service.id) ?? service);
}

/** What a service's document needs of a deployment: these fields alone, as plans and specs are large. */
type Known = Pick<Deployment, 'id' | 'service' | 'serviceKind' | 'number' | 'status' | 'phase' | 'createdAt'> & {
  readonly replicas: number;
};

interface Facts {
  readonly latest: ReadonlyMap<string, Known>;
  readonly live: ReadonlyMap<string, Known>;
  readonly replicas: readonly Replica[];
}

async function factsOf(road: Road, organisation: string, services: string[]): Promise<Facts> {
  return storeOf(road, organisation).transaction(async (unit) => {
    const rows = await query<Record<string, unknown>>(
      unit,
      `select id, service, service_kind, number, status, phase, created_at, coalesce((spec->>'replicas')::int, 1) as replicas
       from plugin_deployments.deployments where id in (
         select newest.id from unnest(?::uuid[]) wanted (service), lateral (
           select id from plugin_deployments.deployments where service = wanted.service order by number desc limit 1
         ) newest
         union all
         select id from plugin_deployments.deployments where service = any(?::uuid[]) and status in ('live', 'watching')
       ) order by number`,
      [ids(services), ids(services)],
    );
    const known = rows.map(knownOf);
    const latest = new Map(known.map((row) => [row.service, row]));
    const live = new Map(
      known.filter((row) => row.status === 'live' || row.status === 'watching').map((row) => [row.service, row]),
    );
    const replicas = await unit.em.find(Replica, {
      deployment: { $in: [...live.values()].map((row) => row.id) },
      state: { $ne: 'gone' },
    });
    return { latest, live, replicas };
  });
}

function ids(services: readonly string[]): string {
  return `{${services.join(',')}}`;
}

function knownOf(row: Readonly<Record<string, unknown>>): Known {
  return {
    id: String(row['id']),
    service: String(row['service']),
    serviceKind: String(row['service_kind']),
    number: Number(row['number']),
    status: String(row['status']) as Deployment['status'],
    phase: typeof row['phase'] === 'string' ? (row['phase'] as Deployment['phase']) : null,
    createdAt: timeOf(row['created_at']) ?? new Date(0),
    replicas: Number(row['replicas']),
  };
}

function describe(service: ServiceDocument, facts: Facts): ServiceDocument {
  const latest = facts.latest.get(service.id);
  const live = facts.live.get(service.id);
  if (!latest) return service;
  const ready = live
    ? facts.replicas.filter(
        (replica) =>
          replica.deployment === live.id &&
          replica.role === 'serving' &&
          replica.state === 'running' &&
          replica.desired === 'running',
      ).length
    : 0;
  return {
    ...service,
    status: {
      state: stateOf(latest, live, ready, facts.replicas),
      replicas: { desired: live ? wantedOf(live) : 0, ready },
    },
    liveDeployment: live ? refOf(live) : null,
    latestDeployment: refOf(latest),
  };
}

function wantedOf({ serviceKind, replicas }: Known): number {
  return wantedReplicas({ serviceKind, spec: { replicas } });
}

function stateOf(
  latest: Known,
  live: Known | undefined,
  ready: number,
  replicas: readonly Replica[],
): ServiceDocument['status']['state'] {
  if (latest.status === 'queued' || latest.status === 'running') return 'deploying';
  if (!live) return latest.status === 'failed' ? 'failed' : 'stopped';
  if (live.serviceKind === 'cron') return 'live';
  if (live.replicas === 0) return 'stopped';
  const ended = replicas.some(
    (replica) => replica.deployment === live.id && replica.desired === 'running' && replica.state === 'exited',
  );
  return ready === 0 && ended ? 'failed' : 'live';
}

function refOf(deployment: Known): Ref {
  return {
    id: deployment.id,
    number: deployment.number,
    status: deployment.status,
    phase: deployment.phase,
    createdAt: deployment.createdAt.toISOString(),
  };
}
