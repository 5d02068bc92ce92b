import type { Deployment } from '../entities/deployment.ts';
import { place } from '../placement/place.ts';
import { artifactOf } from './findings.ts';
import { presentCounts } from './present-counts.ts';
import type { Road } from './road.ts';
import { inMs, storeOf } from './road.ts';
import { repairSoon } from './wake.ts';
import { whereabouts } from './whereabouts.ts';

const againMs = 5000;

/**
 * Where replicas begin again that were on these nodes: on the same one while it may take replicas, else where they fit. `null` when
 * they fit nowhere now; that is looked at again in a while.
 */
export async function placeAgain(
  road: Road,
  deployment: Deployment,
  before: readonly string[],
): Promise<readonly { readonly node: string }[] | null> {
  const nodes = await road.ctx.agents.nodes();
  const stays = (id: string): boolean => nodes.some((node) => node.id === id && node.placement === 'open');
  const homeless = before.filter((id) => !stays(id));
  if (homeless.length === 0) return before.map((node) => ({ node }));
  const artifact = artifactOf(deployment);
  const placement = place(
    nodes,
    {
      replicas: homeless.length,
      runtime: artifact.runtime,
      resources: deployment.spec.resources,
      has: await whereabouts(road, artifact, nodes),
    },
    await presentCounts(road),
  );
  if (!placement.fits) {
    road.ctx.log.warn(
      { deployment: deployment.id, reasons: placement.reasons },
      'a replica that ended has no node to begin again on',
    );
    await storeOf(road, deployment.organisation).transaction((unit) =>
      repairSoon(unit, deployment, inMs(road, againMs)),
    );
    return null;
  }
  const found = [...placement.decisions];
  return before.map((node) => (stays(node) ? { node } : { node: found.shift()?.node ?? node }));
}
