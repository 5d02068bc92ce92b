import { ContainrError, isContainrError } from '@containr/sdk';
import type { ReplicaSpec } from '@containr/sdk/contracts';
import type { Deployment } from '../entities/deployment.ts';
import type { Replica } from '../entities/replica.ts';
import { isCauseCode } from '../causes.ts';
import { artifactOf, portOf } from '../engine/findings.ts';
import type { Road } from '../engine/road.ts';
import { actor } from '../engine/road.ts';
import { replicaVariables } from '../engine/variables.ts';
import { driver } from './drivers.ts';
import { observe } from './observe.ts';

/**
 * Starts replicas that are not started yet; starting one twice is starting it once. Secrets are opened here, at the last moment.
 * Throws a cause code, or what passes and is to be tried again: `NODE_UNREACHABLE`, `CAPABILITY_MISSING`, `DEPENDENCY_DOWN`.
 */
export async function startReplicas(road: Road, deployment: Deployment, replicas: readonly Replica[]): Promise<void> {
  if (replicas.length === 0) return;
  const variables = await replicaVariables(road, deployment);
  const network = await networkOf(road, deployment);
  for (const replica of replicas)
    await startReplica(road, deployment, replica, { variables, ...(network ? { network } : {}) });
}

/** The network of its environment, and by which names it is found there. */
async function networkOf(road: Road, { service, organisation }: Deployment): Promise<ReplicaSpec['network']> {
  const { paths } = await road.projects.paths({ services: [service] }, actor(road, organisation));
  const [path] = paths;
  if (!path) return undefined;
  const { serviceSlug: slug, environmentSlug } = path;
  return { environment: path.environment, names: [slug, `${slug}.${environmentSlug}.internal`] };
}

async function startReplica(
  road: Road,
  deployment: Deployment,
  replica: Replica,
  given: Pick<ReplicaSpec, 'variables' | 'network'>,
): Promise<void> {
  const { spec } = deployment;
  try {
    const state = await road.ctx.agents.call(replica.node, driver(replica.runtime).start, {
      replica: replica.id,
      deployment: deployment.id,
      service: deployment.service,
      organisation: deployment.organisation,
      epoch: deployment.number,
      artifact: artifactOf(deployment),
      command: spec.start.command,
      ...given,
      port: portOf(deployment),
      resources: spec.resources,
      restart: spec.restart,
      restartTries: spec.restartTries,
      stop: spec.stop,
    });
    await observe(road, replica.node, [state]);
  } catch (error) {
    if (
      !isContainrError(error) ||
      isCauseCode(error.code) ||
      error.code === 'NODE_UNREACHABLE' ||
      error.code === 'CAPABILITY_MISSING' ||
      error.code === 'DEPENDENCY_DOWN'
    )
      throw error;
    throw new ContainrError({
      code: 'START_FAILED',
      status: 500,
      detail: `The replica could not be started: ${error.message}`,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
