import { conflict, notFound } from '@containr/sdk';
import { Deployment } from '../entities/deployment.ts';
import { createDeployment } from './create.ts';
import type { Asker } from './freeze.ts';
import type { Road } from './road.ts';
import { actor, storeOf } from './road.ts';

/** What is to be promoted, and where to. */
export interface Promotion {
  readonly organisation: string;
  /** Id of a deployment that serves. */
  readonly deployment: string;
  /** Id of another environment of its project. */
  readonly environment: string;
  readonly createdBy: string;
  readonly asker: Asker;
}

/**
 * Deploys the artifact of what serves in one environment in another one's service of the same slug, with the settings and variables of
 * that one; nothing is built. Throws `NOT_FOUND`, or `CONFLICT_…` with why there is nothing to promote.
 */
export async function promote(road: Road, order: Promotion): Promise<Deployment> {
  const { organisation, createdBy, asker } = order;
  const from = await storeOf(road, organisation).transaction((unit) =>
    unit.em.findOne(Deployment, { id: order.deployment, organisation }),
  );
  if (!from) throw notFound('deployment');
  requireServing(from);
  const caller = actor(road, organisation);
  const { environment, slug, path } = await road.projects.sibling(
    { service: from.service, environment: order.environment },
    caller,
  );
  if (from.environment === order.environment)
    throw conflict(
      'CONFLICT_SAME_ENVIRONMENT',
      `Deployment #${from.number} serves in ${environment} already.`,
      'Name another environment of the project.',
    );
  if (!path)
    throw conflict(
      'CONFLICT_NO_SERVICE',
      `There is no service "${slug}" in ${environment}, so there is nowhere to promote it to.`,
      'Make a service of that slug there, or duplicate the environment.',
    );
  const { spec } = await road.projects.spec({ service: path.service, revision: null }, caller);
  if (spec.source.kind === 'image') throw imageOf(`${slug} in ${environment}`);
  return createDeployment(road, {
    organisation,
    service: path.service,
    source: from.source,
    revision: null,
    createdBy,
    asker,
    promotedFrom: from,
  });
}

/** Only what serves is promoted, and only what has an artifact that is the same for ever. */
function requireServing(from: Deployment): void {
  if (from.status !== 'live' && from.status !== 'watching')
    throw conflict(
      'CONFLICT_NOT_LIVE',
      `Deployment #${from.number} is ${from.status}, and only what serves is promoted.`,
      'Promote the live deployment of the service, or bring this one back first.',
    );
  if (from.source.kind === 'image') throw imageOf('The service');
  if (from.artifact === null)
    throw conflict(
      'CONFLICT_NO_ARTIFACT',
      `Deployment #${from.number} has no artifact that could be promoted.`,
      'Deploy it again, and promote it once it serves.',
    );
}

function imageOf(what: string) {
  return conflict(
    'CONFLICT_IMAGE_SOURCE',
    `${what} runs an image that its settings name, so there is nothing built to promote.`,
    'Change the image in the settings of the other service.',
  );
}
