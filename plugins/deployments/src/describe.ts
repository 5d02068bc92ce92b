import type { ServiceDocument } from '@containr/plugin-projects/contract';
import { Deployment } from './entities/deployment.ts';
import { Replica } from './entities/replica.ts';
import { wantedReplicas } from './engine/findings.ts';
import { query } from './engine/query.ts';
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

interface Facts {
  readonly latest: ReadonlyMap<string, Deployment>;
  readonly live: ReadonlyMap<string, Deployment>;
  readonly replicas: readonly Replica[];
}

async function factsOf(road: Road, organisation: string, services: string[]): Promise<Facts> {
  return storeOf(road, organisation).transaction(async (unit) => {
    const newest = await query<{ id: string }>(
      unit,
      'select distinct on (service) id from plugin_deployments.deployments where service = any(?::uuid[]) order by service, number desc',
      [`{${services.join(',')}}`],
    );
    const ids = newest.map((row) => row.id);
    const rows = await unit.em.find(
      Deployment,
      { $or: [{ id: { $in: ids } }, { service: { $in: services }, status: ['live', 'watching'] }] },
      { orderBy: { number: 'asc' } },
    );
    const live = new Map(
      rows.filter((row) => row.status === 'live' || row.status === 'watching').map((row) => [row.service, row]),
    );
    const latest = new Map(rows.filter((row) => ids.includes(row.id)).map((row) => [row.service, row]));
    const replicas = await unit.em.find(Replica, {
      deployment: { $in: [...live.values()].map((row) => row.id) },
      state: { $ne: 'gone' },
    });
    return { latest, live, replicas };
  });
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
      replicas: { desired: live ? wantedReplicas(live) : 0, ready },
    },
    liveDeployment: live ? refOf(live) : null,
    latestDeployment: refOf(latest),
  };
}

function stateOf(
  latest: Deployment,
  live: Deployment | undefined,
  ready: number,
  replicas: readonly Replica[],
): ServiceDocument['status']['state'] {
  if (latest.status === 'queued' || latest.status === 'running') return 'deploying';
  if (!live) return latest.status === 'failed' ? 'failed' : 'stopped';
  if (live.serviceKind === 'cron') return 'live';
  if (live.spec.replicas === 0) return 'stopped';
  const ended = replicas.some(
    (replica) => replica.deployment === live.id && replica.desired === 'running' && replica.state === 'exited',
  );
  return ready === 0 && ended ? 'failed' : 'live';
}

function refOf(deployment: Deployment): Ref {
  return {
    id: deployment.id,
    number: deployment.number,
    status: deployment.status,
    phase: deployment.phase,
    createdAt: deployment.createdAt.toISOString(),
  };
}
