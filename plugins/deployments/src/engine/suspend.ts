import type { Principal, ScopedStore } from '@containr/sdk';
import { can, ContainrError } from '@containr/sdk';
import { Deployment } from '../entities/deployment.ts';
import { Replica } from '../entities/replica.ts';
import { stopReplicas } from '../replicas/stop.ts';
import type { Road } from './road.ts';
import { announce, now } from './road.ts';
import { apply } from './settle.ts';

function everything(road: Road): ScopedStore {
  return road.ctx.store.system('stopping the install stops the replicas of all organisations');
}

/**
 * Stops every replica on reachable nodes; the deployments stay what they are, and the next start brings them back. From here on
 * the road rests. Returns how many were stopped. Throws `FORBIDDEN` for who may not do everything.
 */
export async function suspend(road: Road, principal: Principal): Promise<number> {
  if (!can(principal, '*'))
    throw new ContainrError({ code: 'FORBIDDEN', status: 403, detail: 'Only the console may stop all applications.' });
  road.rest.suspended = true;
  await endWatches(road);
  const reachable = new Set(
    (await road.ctx.agents.nodes()).filter((node) => node.state !== 'unknown').map((node) => node.id),
  );
  const replicas = await everything(road).transaction((unit) =>
    unit.em.find(Replica, { state: { $nin: ['gone', 'pending'] }, node: { $in: [...reachable] } }),
  );
  await stopReplicas(road, replicas, { keepDesired: true });
  return replicas.length;
}

/** A watch would take the stop for a crash: what is being watched is live, what came before is retired. */
async function endWatches(road: Road): Promise<void> {
  await everything(road).transaction(async (unit) => {
    for (const deployment of await unit.em.find(Deployment, { status: 'watching' })) {
      if (!apply(deployment, 'newerSwitched')) continue;
      announce(unit, deployment);
      const earlier = await unit.em.find(Deployment, {
        service: deployment.service,
        number: { $lt: deployment.number },
        status: 'live',
      });
      for (const one of earlier) {
        apply(one, 'newerRetired');
        one.endedAt = now(road);
        announce(unit, one);
        await unit.em.nativeUpdate(Replica, { deployment: one.id }, { desired: 'stopped' });
      }
    }
  });
}
