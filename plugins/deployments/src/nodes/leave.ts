import type { NodeInfo, NodeLeaving } from '@containr/sdk';
import { conflict } from '@containr/sdk';
import { wantedReplicas } from '../engine/findings.ts';
import { presentCounts } from '../engine/present-counts.ts';
import type { Road } from '../engine/road.ts';
import { whereabouts } from '../engine/whereabouts.ts';
import { Deployment } from '../entities/deployment.ts';
import { Replica } from '../entities/replica.ts';
import { place } from '../placement/place.ts';

/**
 * Refuses that a node is removed while something runs on it, and that it is drained when something has nowhere else to go. Throws
 * `CONFLICT_NODE_IN_USE`, `CONFLICT_NOTHING_FITS` with a reason for each.
 */
export async function mayLeave(road: Road, { node, name, how, lost }: NodeLeaving): Promise<void> {
  const there = await runningOn(road, node);
  if (how === 'remove') {
    if (!lost && there.length > 0) throw inUse(name, there.length);
    return;
  }
  const nodes = (await road.ctx.agents.nodes()).map((one): NodeInfo =>
    one.id === node ? { ...one, placement: 'draining' } : one,
  );
  const present = await presentCounts(road);
  const reasons: string[] = [];
  for (const deployment of await liveOf(road, there)) {
    if (deployment.artifact === null || wantedReplicas(deployment) === 0) continue;
    const placement = place(
      nodes,
      {
        replicas: there.filter((replica) => replica.deployment === deployment.id).length,
        runtime: deployment.artifact.runtime,
        resources: deployment.spec.resources,
        has: await whereabouts(road, deployment.artifact, nodes),
      },
      present,
    );
    if (!placement.fits) reasons.push(`${deployment.name} (${placement.reasons.join('; ')})`);
  }
  if (reasons.length > 0) throw nothingFits(name, reasons);
}

/** Replicas that are on a node and wanted. */
async function runningOn(road: Road, node: string): Promise<readonly Replica[]> {
  return road.ctx.store
    .system('a node runs replicas of all organisations')
    .transaction((unit) => unit.em.find(Replica, { node, desired: 'running', state: { $nin: ['gone', 'exited'] } }));
}

async function liveOf(road: Road, replicas: readonly Replica[]): Promise<readonly Deployment[]> {
  const ids = [...new Set(replicas.map(({ deployment }) => deployment))];
  return road.ctx.store
    .system('a node runs deployments of all organisations')
    .transaction((unit) => unit.em.find(Deployment, { id: { $in: ids }, status: ['live', 'watching'] }));
}

function inUse(name: string, count: number) {
  return conflict(
    'CONFLICT_NODE_IN_USE',
    `${count === 1 ? 'A replica runs' : `${count} replicas run`} on the node "${name}".`,
    'Drain it first; if its machine does not come back, say that it is lost.',
  );
}

function nothingFits(name: string, reasons: readonly string[]) {
  const shown = reasons.slice(0, 5).join(', ');
  const more = reasons.length > 5 ? `, and ${reasons.length - 5} more` : '';
  return conflict(
    'CONFLICT_NOTHING_FITS',
    `Not all that runs on the node "${name}" has somewhere else to go: ${shown}${more}.`,
    'Add a node, or give one that is there more room; cordon this one meanwhile, so that nothing new comes to it.',
  );
}
