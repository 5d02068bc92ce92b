import type { Deployment } from '../entities/deployment.ts';
import type { Road } from './road.ts';
import { actor } from './road.ts';

/** Variables that a build may see: all but sealed ones, which must not end up in an image's layers. */
export async function buildVariables(road: Road, deployment: Deployment): Promise<Record<string, string>> {
  const { variables, secretNames } = await road.projects.variables(
    { service: deployment.service, revision: deployment.revision },
    actor(road, deployment.organisation),
  );
  const secrets = new Set(secretNames);
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !secrets.has(name)));
}

/** All variables of a replica, secrets opened. Throws `SECRET_UNREADABLE`. */
export async function replicaVariables(road: Road, deployment: Deployment): Promise<Record<string, string>> {
  const { variables } = await road.projects.variables(
    { service: deployment.service, revision: deployment.revision },
    actor(road, deployment.organisation),
  );
  return { ...(deployment.plan?.variables ?? {}), ...variables };
}
