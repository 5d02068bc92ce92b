import type { UnitOfWork } from '@containr/sdk';
import { artifactKey, isRemoved } from '../artifact-key.ts';
import { Deployment } from '../entities/deployment.ts';
import { Phase } from '../entities/phase.ts';
import { Replica } from '../entities/replica.ts';
import type { Step } from '../phases/phase-work.ts';
import { passOn, release } from '../queue/slots.ts';
import { load } from './load.ts';
import { lockService } from './lock.ts';
import type { Road } from './road.ts';
import { announce, inMs, now, storeOf } from './road.ts';
import { apply, freeLane } from './settle.ts';
import { wake } from './wake.ts';

type Done = Extract<Step, { kind: 'done' }>;

/** Writes down that a phase is done, and what follows from it, in one transaction. Returns whether the road goes on now. */
export async function complete(road: Road, deployment: Deployment, phase: Phase, step: Done): Promise<boolean> {
  let freed = false;
  const goesOn = await storeOf(road, deployment.organisation).transaction(async (unit) => {
    await lockService(unit, deployment.service);
    const row = await unit.em.findOneOrFail(Deployment, { id: deployment.id });
    // Somebody else ended or moved it meanwhile: what this run found out is of no use any more.
    if (row.status !== deployment.status || row.phase !== phase.name) return false;
    if (row.cancelRequested && phase.name !== 'route' && phase.name !== 'retire') return true;
    const artifact = step.findings?.artifact;
    // A clean-up was faster: the phase looks again, and finds it gone.
    if (artifact && step.skipped && (await isRemoved(unit, artifact))) return true;
    Object.assign(row, step.findings ?? {}, artifact ? { artifactKey: artifactKey(artifact) } : {});
    await endPhase(road, unit, row.id, phase.name, step);
    if (phase.name === 'build' || phase.name === 'route') freed = release(row);
    if (phase.name === 'route') return switched(road, unit, row);
    if (phase.name === 'retire') return retired(road, unit, row);
    apply(row, 'phaseDone');
    announce(unit, row);
    return true;
  });
  if (freed) await passOn(road);
  return goesOn;
}

async function endPhase(
  road: Road,
  unit: UnitOfWork,
  deployment: string,
  name: Phase['name'],
  step: Pick<Done, 'skipped' | 'message'>,
): Promise<void> {
  const phase = await unit.em.findOneOrFail(Phase, { deployment, name });
  phase.status = step.skipped ? 'skipped' : 'done';
  phase.startedAt ??= now(road);
  phase.endedAt = now(road);
  phase.message = step.message ?? null;
}

/** The routes point to it: from this moment it is live. An older deployment's watch ends, and the lane is free. */
async function switched(road: Road, unit: UnitOfWork, row: Deployment): Promise<boolean> {
  if (!apply(row, 'switched')) return false;
  row.liveAt = now(road);
  row.watchUntil = inMs(road, row.spec.watchMs);
  for (const replica of await unit.em.find(Replica, { deployment: row.id, desired: 'running' })) {
    replica.role = 'serving';
    replica.restartsAtSwitch = replica.restarts;
  }
  const earlier = await unit.em.find(
    Deployment,
    { service: row.service, number: { $lt: row.number }, status: ['live', 'watching'] },
    { orderBy: { number: 'desc' } },
  );
  row.previous = earlier[0]?.id ?? null;
  for (const one of earlier) {
    if (!apply(one, 'newerSwitched')) continue;
    for (const name of ['watch', 'retire'] as const)
      await endPhase(road, unit, one.id, name, { skipped: true, message: `#${row.number} took over.` });
    announce(unit, one);
  }
  announce(unit, row);
  await unit.em.flush();
  await freeLane(unit, row);
  return true;
}

/** The old ones are gone: it is live, they are retired. */
async function retired(road: Road, unit: UnitOfWork, row: Deployment): Promise<boolean> {
  if (!apply(row, 'retireDone')) return false;
  const earlier = await unit.em.find(Deployment, {
    service: row.service,
    number: { $lt: row.number },
    status: ['live', 'watching'],
  });
  for (const one of earlier) {
    if (!apply(one, 'newerRetired')) continue;
    one.endedAt = now(road);
    announce(unit, one);
  }
  announce(unit, row);
  return false;
}

/** Asks for a deployment to end; a waiting one ends at once. Returns whether it can still be cancelled. */
export async function requestCancel(road: Road, organisation: string, id: string): Promise<boolean> {
  const loaded = await load(road, organisation, id);
  if (!loaded) return false;
  return storeOf(road, organisation).transaction(async (unit) => {
    await lockService(unit, loaded.deployment.service);
    const row = await unit.em.findOneOrFail(Deployment, { id });
    const possible =
      row.status === 'queued' ||
      row.status === 'running' ||
      (row.status === 'watching' && row.phase === 'watch' && row.previous !== null);
    if (!possible) return false;
    row.cancelRequested = true;
    await wake(unit, row);
    return true;
  });
}
