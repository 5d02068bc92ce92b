import { defineSchema, Id } from '@containr/sdk';
import { compareDeployments } from '../history/compare.ts';
import { Comparison } from '../history/documents.ts';
import type { Road } from '../engine/road.ts';
import { organisationOf } from './caller.ts';

const Params = defineSchema({ type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false });
const With = defineSchema({ type: 'object', properties: { with: Id }, additionalProperties: false });

/** `GET /deployments/{id}/compare`: what differs, and what going to it would change. */
export function compareRoute(road: Road): void {
  road.ctx.http.route<typeof Params, typeof With, true, typeof Comparison>({
    method: 'GET',
    path: '/deployments/{id}/compare',
    permission: 'deployment:read',
    summary:
      'What differs from another deployment of the service (`with`), else from the one that serves: what a rollback or roll-forward to it would change',
    params: Params,
    query: With,
    response: Comparison,
    handler: async ({ params, query, principal }) =>
      compareDeployments(
        road,
        { ...principal, organisation: organisationOf(principal) },
        { to: params.id, from: query.with ?? null },
      ),
  });
}
