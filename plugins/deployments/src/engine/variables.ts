import { createHash } from 'node:crypto';
import { isContainrError } from '@containr/sdk';
import type { Deployment } from '../entities/deployment.ts';
import type { Road } from './road.ts';
import { actor } from './road.ts';

type Of = Pick<Deployment, 'service' | 'revision' | 'organisation'>;

/** Variables that a build may see: nothing secret, nor what is made of something secret, for these must not end up in an image. */
export async function buildVariables(road: Road, deployment: Of): Promise<Record<string, string>> {
  return (await opened(road, deployment)).build;
}

/** All variables of a replica, secrets opened. Throws `SECRET_UNREADABLE`, or why a reference has no value. */
export async function replicaVariables(road: Road, deployment: Deployment): Promise<Record<string, string>> {
  const { variables } = await opened(road, deployment);
  return { ...(deployment.plan?.variables ?? {}), ...variables };
}

/**
 * Digest of what a build would see of the variables: builds with equal ones need not be repeated. `null` when they can't be opened;
 * then the road comes to the same failure, and tells it.
 */
export async function buildDigest(road: Road, of: Of): Promise<string | null> {
  try {
    const { build } = await opened(road, of);
    const sorted = Object.entries(build).sort(([a], [b]) => (a < b ? -1 : 1));
    return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
  } catch (error) {
    if (!isContainrError(error)) throw error;
    road.ctx.log.info({ code: error.code, service: of.service }, 'the variables of a deployment can not be opened');
    return null;
  }
}

function opened(road: Road, { service, revision, organisation }: Of) {
  return road.projects.variables({ service, revision }, actor(road, organisation));
}
