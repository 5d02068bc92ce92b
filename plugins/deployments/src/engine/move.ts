import type { NodeInfo } from '@containr/sdk';
import { Replica } from '../entities/replica.ts';
import type { Deployment } from '../entities/deployment.ts';
import { newReplica } from '../phases/place.ts';
import { place } from '../placement/place.ts';
import { planMoves } from '../replicas/plan-moves.ts';
import { stopReplicas } from '../replicas/stop.ts';
import { artifactOf, isRouted } from './findings.ts';
import { presentCounts } from './present-counts.ts';
import type { Road } from './road.ts';
import { actor, inMs, now, storeOf } from './road.ts';
import { repairSoon } from './wake.ts';
import { whereabouts } from './whereabouts.ts';

/** How many replicas of one node are on their way elsewhere at a time, over all services. */
const atATime = 4;
const pollMs = 250;
const stuckMs = 5000;

/** Nodes that are to be empty. */
export function drainingOf(nodes: readonly NodeInfo[]): ReadonlySet<string> {
  return new Set(nodes.filter(({ placement }) => placement === 'draining').map(({ id }) => id));
}

/** Begins successors elsewhere for replicas on nodes that are being drained; drops those that are not needed any more. */
export async function beginMoves(road: Road, deployment: Deployment, replicas: readonly Replica[]): Promise<void> {
  const nodes = await road.ctx.agents.nodes();
  const { begin, drop, laterAt } = planMoves(replicas, drainingOf(nodes), now(road));
  const store = storeOf(road, deployment.organisation);
  if (drop.length > 0) {
    const dropped = replicas.filter(({ id }) => drop.some((one) => one.id === id));
    await store.transaction((unit) =>
      unit.em.nativeUpdate(Replica, { id: { $in: drop.map(({ id }) => id) } }, { desired: 'stopped' }),
    );
    road.background('stop what need not move any more', () => stopReplicas(road, dropped));
  }
  if (laterAt) await store.transaction((unit) => repairSoon(unit, deployment, laterAt));
  if (begin.length === 0) return;
  const room = atATime - (await underWay(road));
  if (room <= 0) return store.transaction((unit) => repairSoon(unit, deployment, inMs(road, pollMs)));
  const moving = begin.slice(0, room);
  const artifact = artifactOf(deployment);
  const placement = place(
    nodes,
    {
      replicas: moving.length,
      runtime: artifact.runtime,
      resources: deployment.spec.resources,
      has: await whereabouts(road, artifact, nodes),
    },
    await presentCounts(road),
  );
  await store.transaction(async (unit) => {
    if (!placement.fits) {
      const stuck = `No other node can take it: ${placement.reasons.join('; ')}.`;
      await unit.em.nativeUpdate(Replica, { id: { $in: moving.map(({ id }) => id) } }, { stuck });
      return repairSoon(unit, deployment, inMs(road, stuckMs));
    }
    for (const [index, { node, reason }] of placement.decisions.entries()) {
      const { id } = moving[index] ?? { id: '' };
      const from = nodes.find((one) => one.id === moving[index]?.node)?.name ?? 'a node';
      const successor = { node, runtime: artifact.runtime, reason: `Moves off ${from}: ${reason}`, replaces: id };
      unit.em.create(Replica, newReplica(road, deployment, successor), { persist: true });
      await unit.em.nativeUpdate(Replica, { id }, { stuck: null });
    }
    await unit.em.flush();
    await repairSoon(unit, deployment, inMs(road, pollMs));
  });
}

/** Replicas that are on their way to another node, of whatever service. */
async function underWay(road: Road): Promise<number> {
  return road.ctx.store.system('moves off a node are counted over all organisations').transaction((unit) =>
    unit.em.count(Replica, {
      role: 'candidate',
      desired: 'running',
      replaces: { $ne: null },
      state: { $nin: ['exited', 'gone'] },
    }),
  );
}

/** Lets replicas that were taken out of the routes finish what they do, up to a deadline, and stops them. */
export async function finishMoves(road: Road, deployment: Deployment, replicas: readonly Replica[]): Promise<void> {
  const leaving = replicas.filter((replica) => replica.role === 'leaving' && replica.desired === 'running');
  if (leaving.length === 0) return;
  const busy = isRouted(deployment) ? await openRequests(road, deployment, leaving) : {};
  const done = leaving.filter(
    (replica) => (busy[replica.id] ?? 0) === 0 || (replica.leaveBy !== null && replica.leaveBy <= now(road)),
  );
  await storeOf(road, deployment.organisation).transaction(async (unit) => {
    await unit.em.nativeUpdate(Replica, { id: { $in: done.map(({ id }) => id) } }, { desired: 'stopped' });
    if (done.length < leaving.length) await repairSoon(unit, deployment, inMs(road, pollMs));
  });
  road.background('stop what has moved', () => stopReplicas(road, done));
}

async function openRequests(
  road: Road,
  deployment: Deployment,
  replicas: readonly Replica[],
): Promise<Record<string, number>> {
  const ids = replicas.map(({ id }) => id);
  return (await road.routes.inFlight({ replicas: ids }, actor(road, deployment.organisation))).inFlight;
}
