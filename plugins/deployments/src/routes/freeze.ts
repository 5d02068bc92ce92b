import { Id } from '@containr/sdk';
import { DeploymentDocument } from '../contract.ts';
import { letGoOn } from '../engine/freeze.ts';
import type { Road } from '../engine/road.ts';
import { organisationOf } from './caller.ts';
import { one } from './deployments.ts';
import { Reason } from './override-reason.ts';

/** The route that lets go what a freeze window holds. */
export function freezeRoutes(road: Road): void {
  road.ctx.http.route({
    method: 'POST',
    path: '/deployments/{id}/override',
    permission: 'freeze:override',
    summary: 'Lets a deployment go on that a freeze window holds, with a reason that is kept',
    params: { type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false },
    body: { type: 'object', properties: { reason: Reason }, required: ['reason'], additionalProperties: false },
    response: DeploymentDocument,
    async handler({ params, body, principal }) {
      const organisation = organisationOf(principal);
      const { id } = await one(road, organisation, params.id);
      await letGoOn(road, id, { principal, reason: body.reason.trim() }, organisation);
      return one(road, organisation, id);
    },
  });
}
