import type { UnitOfWork } from '@containr/sdk';
import { Deployment } from '../entities/deployment.ts';
import { Phase } from '../entities/phase.ts';
import { freeLane, apply } from '../engine/settle.ts';
import { lockService } from '../engine/lock.ts';
import type { Road } from '../engine/road.ts';
import { announce, now } from '../engine/road.ts';
import type { Need } from './slots.ts';
import { allOrganisations, isFree, limitsOf } from './slots.ts';

/**
 * Takes a slot for a phase that is about to begin. `waits`: there is none; the deployment is queued again and its service's lane is
 * free, so that a newer one supersedes it. `changed`: it is not as it was read any more.
 */
export async function admit(road: Road, deployment: Deployment, need: Need): Promise<'begins' | 'waits' | 'changed'> {
  const limits = await limitsOf(road);
  return allOrganisations(road).transaction(async (unit) => {
    await lockService(unit, deployment.service);
    const row = await unit.em.findOneOrFail(Deployment, { id: deployment.id });
    if (row.status !== deployment.status || row.phase !== deployment.phase) return 'changed';
    row.slot = need.kind;
    row.slotNode = need.node;
    row.slotSince = now(road);
    if (await isFree(unit, row, limits)) return 'begins';
    await queueAgain(road, unit, row);
    return 'waits';
  });
}

async function queueAgain(road: Road, unit: UnitOfWork, row: Deployment): Promise<void> {
  if (!apply(row, 'held')) return;
  const [newer] = await unit.em.find(
    Deployment,
    { service: row.service, status: 'queued', number: { $gt: row.number } },
    { orderBy: { number: 'desc' }, limit: 1 },
  );
  const phase = await unit.em.findOneOrFail(Phase, { deployment: row.id, name: row.phase ?? 'request' });
  phase.status = 'pending';
  phase.startedAt = null;
  phase.deadlineAt = null;
  if (newer && apply(row, 'newerRequested')) {
    row.supersededBy = newer.id;
    row.endedAt = now(road);
    row.slot = null;
  }
  announce(unit, row);
  await unit.em.flush();
  if (newer) await freeLane(unit, row);
}
