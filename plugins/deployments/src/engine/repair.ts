import type { UnitOfWork } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import { Deployment } from '../entities/deployment.ts';
import { Replica } from '../entities/replica.ts';
import { Task } from '../entities/task.ts';
import { ask, isAsked, readyTiming } from '../health/ask.ts';
import { newReplica } from '../phases/place.ts';
import { planRepair } from '../replicas/reconcile.ts';
import { startReplicas } from '../replicas/start.ts';
import { stopReplicas } from '../replicas/stop.ts';
import { upstreamsOf } from '../replicas/upstreams.ts';
import { deliver } from './deliver.ts';
import { isRouted, wantedReplicas } from './findings.ts';
import { beginMoves, finishMoves } from './move.ts';
import { rehome } from '../artifact-key.ts';
import { placeAgain } from './place-again.ts';
import type { Road } from './road.ts';
import { actor, inMs, now, storeOf } from './road.ts';
import { repairSoon } from './wake.ts';

interface Present {
  readonly deployment: Deployment;
  readonly replicas: readonly Replica[];
  readonly tasks: readonly Task[];
}

/**
 * Brings a live deployment's replicas to what is wanted: new ones for those that ended, into the routes once they are healthy. A
 * deployment that is being watched is left to its watch. Safe to run at any time.
 */
export async function repair(road: Road, ref: { service: string; organisation: string }): Promise<void> {
  const present = road.rest.suspended ? null : await serving(road, ref);
  if (!present) return;
  const { deployment, replicas } = present;
  try {
    let changed = deployment.status === 'watching';
    if (deployment.status === 'live') {
      await replace(road, present);
      await beginMoves(road, deployment, replicas);
      changed = await promote(road, present);
      changed ||= replicas.some((replica) => replica.role === 'serving');
    }
    if (changed && isRouted(deployment)) await reroute(road, ref);
    const after = deployment.status === 'live' ? await serving(road, ref) : null;
    if (after) await finishMoves(road, after.deployment, after.replicas);
  } catch (error) {
    if (!isContainrError(error)) throw error;
    road.ctx.log.warn({ error, deployment: deployment.id }, 'a repair has to wait');
    const held = replicas.flatMap((one) =>
      one.role === 'candidate' && one.desired === 'running' ? (one.replaces ?? []) : [],
    );
    await storeOf(road, ref.organisation).transaction(async (unit) => {
      await unit.em.nativeUpdate(Replica, { id: { $in: held } }, { stuck: error.message });
      await repairSoon(unit, ref, inMs(road, 5000));
    });
  }
}

async function serving(road: Road, ref: { service: string; organisation: string }): Promise<Present | null> {
  return storeOf(road, ref.organisation).transaction(async (unit) => {
    const deployment = await unit.em.findOne(
      Deployment,
      { service: ref.service, status: ['live', 'watching'] },
      { orderBy: { number: 'desc' } },
    );
    if (!deployment) return null;
    const replicas = await unit.em.find(Replica, { deployment: deployment.id }, { orderBy: { createdAt: 'asc' } });
    const tasks = await unit.em.find(
      Task,
      { deployment: deployment.id, phase: 'repair' },
      { orderBy: { attempt: 'asc' } },
    );
    return { deployment, replicas, tasks };
  });
}

/** Begins new replicas for those that ended. */
async function replace(road: Road, { deployment, replicas }: Present): Promise<void> {
  const plan = planRepair(replicas, { ...deployment.spec, replicas: wantedReplicas(deployment) }, now(road));
  const store = storeOf(road, deployment.organisation);
  if (plan.kind === 'nothing') return;
  if (plan.kind === 'later') {
    await store.transaction((unit) => repairSoon(unit, deployment, plan.at));
    return;
  }
  const ended = replicas.filter(
    (replica) => replica.desired === 'running' && (replica.state === 'exited' || replica.state === 'gone'),
  );
  const model = ended.at(-1) ?? replicas.at(-1);
  if (!model) return;
  const where = await placeAgain(
    road,
    deployment,
    Array.from({ length: plan.count }, (_, count) => (ended[count] ?? model).node),
  );
  if (where === null) return;
  await store.transaction(async (unit) => {
    await unit.em.nativeUpdate(Replica, { id: { $in: ended.map((replica) => replica.id) } }, { desired: 'stopped' });
    for (let count = 0; count < plan.count; count++) {
      const { node, runtime } = { ...(ended[count] ?? model), ...where[count] };
      const reason = `Replaces a replica that ended${model.exitCode === null ? '' : ` with exit code ${model.exitCode}`}`;
      unit.em.create(
        Replica,
        newReplica(road, deployment, {
          node,
          runtime,
          reason,
          replaces: (ended[count] ?? model).id,
          tries: plan.tries,
        }),
        { persist: true },
      );
    }
    await unit.em.flush();
    await repairSoon(unit, deployment);
  });
  road.background('remove replicas that ended', () => stopReplicas(road, ended));
}

/** Starts candidates, asks whether they are healthy, and lets those serve. Returns whether one came in. */
async function promote(road: Road, { deployment, replicas, tasks }: Present): Promise<boolean> {
  let promoted = false;
  const candidates = replicas.filter((replica) => replica.role === 'candidate' && replica.desired === 'running');
  const pending = candidates.filter((replica) => replica.state === 'pending');
  await startReplicas(road, deployment, await deliver(road, deployment, tasks, pending, 'repair'));
  for (const replica of candidates.filter((one) => one.state === 'running')) {
    const healthy = isAsked(deployment) ? await isHealthy(road, deployment, replica, tasks) : true;
    if (healthy === null) continue;
    promoted ||= healthy;
    const store = storeOf(road, deployment.organisation);
    await store.transaction(async (unit) => {
      await unit.em.nativeUpdate(
        Replica,
        { id: replica.id },
        healthy ? { role: 'serving', restartsAtSwitch: replica.restarts } : { desired: 'stopped' },
      );
      // What it takes over from on another node has to let go; one that ended is stopped already.
      if (healthy && replica.replaces !== null)
        await unit.em.nativeUpdate(
          Replica,
          { id: replica.replaces, role: 'serving', desired: 'running' },
          { role: 'leaving', leaveBy: inMs(road, road.ctx.settings.current.drainMs) },
        );
      if (healthy) await settleArtifact(unit, deployment, replica);
      if (!healthy) await repairSoon(unit, deployment, inMs(road, 1000));
    });
    if (!healthy) road.background('stop a replica that did not get healthy', () => stopReplicas(road, [replica]));
  }
  return promoted;
}

/** The artifact is at home where it runs now, so that it is still found when its first node has left. */
async function settleArtifact(unit: UnitOfWork, { id }: Deployment, replica: Replica): Promise<void> {
  const row = await unit.em.findOneOrFail(Deployment, { id });
  if (replica.replaces !== null && row.artifact !== null && row.artifact.node !== '')
    await rehome(unit, row, { ...row.artifact, node: replica.node });
}

/** `null` while it is being asked. */
async function isHealthy(
  road: Road,
  deployment: Deployment,
  replica: Replica,
  tasks: readonly Task[],
): Promise<boolean | null> {
  const how = { phase: 'repair', timing: readyTiming(deployment) };
  const progress = await ask(road, deployment, tasks, replica, how);
  return progress.state === 'running' ? null : progress.output.healthy;
}

/** Points the routes to all replicas that serve and run; if none does, they stay as they are. */
async function reroute(road: Road, ref: { service: string; organisation: string }): Promise<void> {
  const present = await serving(road, ref);
  if (!present) return;
  const upstreams = upstreamsOf(present.replicas.filter((replica) => replica.role === 'serving'));
  if (upstreams.length === 0) return;
  await road.routes.switchTo(
    { service: ref.service, deployment: present.deployment.id, upstreams, balance: present.deployment.spec.balance },
    actor(road, ref.organisation),
  );
}
