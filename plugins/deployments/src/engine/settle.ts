import type { UnitOfWork } from '@containr/sdk';
import { Deployment } from '../entities/deployment.ts';
import { Phase } from '../entities/phase.ts';
import { Replica } from '../entities/replica.ts';
import type { Cause } from '../contract.ts';
import type { Happening } from '../machine.ts';
import { happen, isTerminal } from '../machine.ts';
import { stopReplicas } from '../replicas/stop.ts';
import { load } from './load.ts';
import { wakeFollowers } from './after.ts';
import { lockService } from './lock.ts';
import { note } from './notes.ts';
import type { Road } from './road.ts';
import { announce, now, storeOf } from './road.ts';
import { passOn, release } from '../queue/slots.ts';
import { cancelTasks } from './tasks.ts';
import { wake } from './wake.ts';

/**
 * Ends a deployment: one transaction for what is true from now on, then the effects: tasks are cancelled, its replicas stopped.
 * What can't be done now, the sweep does. Returns whether it ended by this call.
 */
export async function settle(
  road: Road,
  deployment: Deployment,
  what: Happening,
  cause: Cause | null,
): Promise<boolean> {
  let freed = false;
  const ended = await storeOf(road, deployment.organisation).transaction(async (unit) => {
    await lockService(unit, deployment.service);
    const row = await unit.em.findOneOrFail(Deployment, { id: deployment.id });
    const hadSwitched = row.status === 'watching';
    if (!apply(row, what)) return false;
    if (hadSwitched) await retireOlder(road, unit, row);
    freed = release(row);
    row.cause = cause;
    if (isTerminal(row.status)) row.endedAt = now(road);
    await endPhase(road, unit, row, cause);
    await unit.em.nativeUpdate(Replica, { deployment: row.id }, { desired: 'stopped' });
    announce(unit, row);
    await unit.em.flush();
    await freeLane(unit, row);
    return true;
  });
  if (!ended) return false;
  if (freed) await passOn(road);
  if (cause) await note(road, deployment, deployment.phase, 'end', [`${cause.title}: ${cause.detail}`, cause.hint]);
  const rest = await load(road, deployment.organisation, deployment.id);
  if (rest) {
    road.background('clean up after a deployment', async () => {
      await cancelTasks(road, rest.tasks);
      await stopReplicas(road, rest.replicas);
    });
  }
  return true;
}

/**
 * What was live before a version that gives up serves again. Its own watch ended when this one took over, so nobody else retires
 * what came before it.
 */
async function retireOlder(road: Road, unit: UnitOfWork, row: Deployment): Promise<void> {
  const [, ...older] = await unit.em.find(
    Deployment,
    { service: row.service, number: { $lt: row.number }, status: 'live' },
    { orderBy: { number: 'desc' } },
  );
  for (const one of older) {
    if (!apply(one, 'newerRetired')) continue;
    one.endedAt = now(road);
    announce(unit, one);
  }
}

/** Moves a row by the machine; `false` when that can't happen to it now. */
export function apply(row: Deployment, what: Happening): boolean {
  const next = happen(row, what);
  if (!next) return false;
  row.status = next.status;
  row.phase = next.phase;
  return true;
}

async function endPhase(road: Road, unit: UnitOfWork, row: Deployment, cause: Cause | null): Promise<void> {
  if (row.phase === null) return;
  const phase = await unit.em.findOne(Phase, { deployment: row.id, name: row.phase });
  if (!phase) return;
  phase.status = row.status === 'cancelled' ? 'cancelled' : 'failed';
  phase.endedAt = now(road);
  phase.message = cause?.detail ?? null;
}

/** Lets the service's waiting deployment go on, and those of other services that wait for this one. */
export async function freeLane(unit: UnitOfWork, of: { id: string; service: string }): Promise<void> {
  await wakeFollowers(unit, of);
  const waiting = await unit.em.findOne(
    Deployment,
    { service: of.service, status: 'queued' },
    { orderBy: { number: 'desc' } },
  );
  if (waiting) await wake(unit, waiting);
}
