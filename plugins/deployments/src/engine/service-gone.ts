import { isContainrError } from '@containr/sdk';
import { Deployment } from '../entities/deployment.ts';
import type { Road } from './road.ts';
import { actor, now, storeOf } from './road.ts';
import { settle } from './settle.ts';

/** Ends all deployments of a deleted service, stops its replicas and takes its routes away. */
export async function serviceGone(road: Road, ref: { organisation: string; service: string }): Promise<void> {
  const rows = await storeOf(road, ref.organisation).transaction((unit) =>
    unit.em.find(Deployment, { service: ref.service, status: ['queued', 'running', 'watching', 'live'] }),
  );
  try {
    await road.routes.switchTo(
      { service: ref.service, deployment: null, upstreams: [] },
      actor(road, ref.organisation),
    );
  } catch (error) {
    // The ingress hears of the deletion too; its own clean-up may have come first.
    if (!isContainrError(error)) throw error;
  }
  for (const row of rows) await settle(road, row, 'serviceDeleted', null);
  await storeOf(road, ref.organisation).transaction((unit) =>
    unit.em.nativeUpdate(Deployment, { service: ref.service }, { serviceDeletedAt: now(road) }),
  );
}
