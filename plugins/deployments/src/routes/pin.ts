import { defineSchema, Id } from '@containr/sdk';
import { DeploymentDocument } from '../contract.ts';
import { isRemoved } from '../artifact-key.ts';
import { Deployment } from '../entities/deployment.ts';
import type { Road } from '../engine/road.ts';
import { announce, storeOf } from '../engine/road.ts';
import { organisationOf } from './caller.ts';
import { one, row } from './deployments.ts';

const Params = defineSchema({ type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false });
const Pin = defineSchema({
  type: 'object',
  properties: { pinned: { type: 'boolean' } },
  required: ['pinned'],
  additionalProperties: false,
});

/** `PATCH /deployments/{id}`: pins a deployment, so that no clean-up takes its artifact or its source. */
export function pinRoute(road: Road): void {
  road.ctx.http.route<typeof Params, true, typeof Pin, typeof DeploymentDocument>({
    method: 'PATCH',
    path: '/deployments/{id}',
    permission: 'deployment:create',
    summary: 'Pins a deployment, so that no clean-up takes its artifact or its source, or unpins it',
    params: Params,
    body: Pin,
    response: DeploymentDocument,
    async handler({ params, body, principal }) {
      const organisation = organisationOf(principal);
      const found = await row(road, organisation, params.id);
      await storeOf(road, organisation).transaction(async (unit) => {
        // A clean-up that decides at this moment sees the pin, or was done before.
        await isRemoved(unit, found.artifact);
        const deployment = await unit.em.findOneOrFail(Deployment, { id: found.id });
        deployment.pinned = body.pinned;
        announce(unit, deployment);
      });
      return one(road, organisation, params.id);
    },
  });
}
