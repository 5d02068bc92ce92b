import type { NodeInfo } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { Artifact } from '@containr/sdk/contracts';
import { artifactsPath } from '../artifacts/routes.ts';
import { causes } from '../causes.ts';
import type { Deployment } from '../entities/deployment.ts';
import type { Replica } from '../entities/replica.ts';
import type { Task } from '../entities/task.ts';
import { driver } from '../replicas/drivers.ts';
import { artifactOf } from './findings.ts';
import type { Road } from './road.ts';
import { pursue } from './tasks.ts';
import type { Whereabouts } from './whereabouts.ts';
import { whereabouts } from './whereabouts.ts';

/**
 * Sees to it that the nodes of these replicas have the artifact, and gives the replicas whose nodes do not lack it: of a node that
 * can't be asked now nothing is known, and its replicas wait for itself. From a node that has it, it travels over the control plane.
 * Throws `ARTIFACT_LOST` when nobody has it any more, `NODE_UNREACHABLE` while its own node can't be asked, and what packing or
 * fetching failed with.
 */
export async function deliver(
  road: Road,
  deployment: Deployment,
  tasks: readonly Task[],
  replicas: readonly Replica[],
  phase: string,
): Promise<readonly Replica[]> {
  if (replicas.length === 0) return [];
  const artifact = artifactOf(deployment);
  const nodes = await road.ctx.agents.nodes();
  const found = await whereabouts(road, artifact, nodes);
  const missing = replicas.filter(({ node }) => found.lacking.includes(node));
  for (const [node, { id }] of new Map(missing.map((replica) => [replica.node, replica]))) {
    const source = found.nodes[0];
    if (source === undefined) throw homeIsSilent(artifact, nodes, found) ? notConnected() : nobodyHasIt();
    await carry(road, deployment, tasks, { phase, source, node, key: id });
  }
  return replicas.filter((replica) => !missing.includes(replica));
}

async function carry(
  road: Road,
  deployment: Deployment,
  tasks: readonly Task[],
  way: { phase: string; source: string; node: string; key: string },
): Promise<void> {
  const artifact = artifactOf(deployment);
  const { pack, unpack } = driver(artifact.runtime);
  const packed = await pursue(road, deployment, tasks, {
    node: way.source,
    capability: pack,
    phase: way.phase,
    subject: `pack-${way.key}`,
    input: () => Promise.resolve({ artifact, to: artifactsPath }),
  });
  if (packed.state === 'running') return;
  const { sha256 } = packed.output;
  await pursue(road, deployment, tasks, {
    node: way.node,
    capability: unpack,
    phase: way.phase,
    subject: `unpack-${way.key}`,
    input: () => Promise.resolve({ artifact, from: artifactsPath, sha256 }),
  });
}

function nobodyHasIt(): ContainrError {
  const { detail, hint } = causes.ARTIFACT_LOST;
  return new ContainrError({ code: 'ARTIFACT_LOST', status: 409, detail, hint });
}

function homeIsSilent({ node }: Artifact, nodes: readonly NodeInfo[], { lacking }: Whereabouts): boolean {
  return nodes.some(({ id }) => id === node) && !lacking.includes(node);
}

function notConnected(): ContainrError {
  return new ContainrError({
    code: 'NODE_UNREACHABLE',
    status: 503,
    detail: 'The node that has what was built is not connected.',
    hint: 'It goes on by itself when the node is back.',
  });
}
