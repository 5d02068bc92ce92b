import { Deployment } from '../entities/deployment.ts';
import { Replica } from '../entities/replica.ts';
import { upstreamsOf } from '../replicas/upstreams.ts';
import { isRouted } from './findings.ts';
import type { Road } from './road.ts';
import { actor, storeOf } from './road.ts';

/**
 * Points the routes to the version before this one: to its replicas that still run, or to nothing when there is none. Returns its
 * number, `null` when there is none. Safe to run when the routes never moved.
 */
export async function switchBack(road: Road, deployment: Deployment): Promise<number | null> {
  const { earlier, replicas } = await storeOf(road, deployment.organisation).transaction(async (unit) => {
    const found = await unit.em.findOne(
      Deployment,
      { service: deployment.service, number: { $lt: deployment.number }, status: ['live', 'watching'] },
      { orderBy: { number: 'desc' } },
    );
    return {
      earlier: found,
      replicas: found ? await unit.em.find(Replica, { deployment: found.id, role: 'serving' }) : [],
    };
  });
  if (isRouted(deployment)) {
    await road.routes.switchTo(
      {
        service: deployment.service,
        deployment: earlier?.id ?? null,
        upstreams: upstreamsOf(replicas),
        ...(earlier ? { balance: earlier.spec.balance } : {}),
      },
      actor(road, deployment.organisation),
    );
  }
  return earlier?.number ?? null;
}
