import { isContainrError } from '@containr/sdk';
import { isRouted } from '../engine/findings.ts';
import type { Road } from '../engine/road.ts';
import { actor, inMs, now, storeOf } from '../engine/road.ts';
import type { Deployment } from '../entities/deployment.ts';
import { Deployment as Deployments } from '../entities/deployment.ts';
import { Replica } from '../entities/replica.ts';
import { stopReplicas } from '../replicas/stop.ts';
import type { PhaseWork } from './phase-work.ts';

const pollMs = 250;

/** Lets the old replicas finish what they do, up to a deadline, then stops them. */
export const retire: PhaseWork = {
  timeoutMs: (road) => road.ctx.settings.current.drainMs + 120_000,
  async run(road, { deployment, phase }) {
    const old = await oldReplicas(road, deployment);
    if (old.length === 0) return { kind: 'done', skipped: true, message: 'There was no version before.' };
    const deadline = (phase.startedAt ?? now(road)).getTime() + road.ctx.settings.current.drainMs;
    if (now(road).getTime() < deadline && isRouted(deployment) && (await openRequests(road, deployment, old)) !== 0)
      return { kind: 'wait', at: inMs(road, pollMs) };
    const ids = old.map((replica) => replica.id);
    await storeOf(road, deployment.organisation).transaction((unit) =>
      unit.em.nativeUpdate(Replica, { id: { $in: ids } }, { desired: 'stopped' }),
    );
    road.background('stop old replicas', () => stopReplicas(road, old));
    return { kind: 'done', message: old.length === 1 ? '1 old replica' : `${old.length} old replicas` };
  },
};

async function oldReplicas(road: Road, deployment: Deployment): Promise<readonly Replica[]> {
  return storeOf(road, deployment.organisation).transaction(async (unit) => {
    const earlier = await unit.em.find(
      Deployments,
      { service: deployment.service, number: { $lt: deployment.number } },
      { fields: ['id'] },
    );
    return unit.em.find(Replica, { deployment: { $in: earlier.map((one) => one.id) }, state: { $ne: 'gone' } });
  });
}

/** How many requests the old replicas still serve; `null` when the ingress can't say. */
async function openRequests(road: Road, deployment: Deployment, old: readonly Replica[]): Promise<number | null> {
  try {
    const { inFlight } = await road.routes.inFlight(
      { replicas: old.map((replica) => replica.id) },
      actor(road, deployment.organisation),
    );
    return Object.values(inFlight).reduce((sum, count) => sum + count, 0);
  } catch (error) {
    if (isContainrError(error)) return null;
    throw error;
  }
}
