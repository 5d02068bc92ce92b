import type { PluginContext } from '@containr/sdk';
import { reply, Slug } from '@containr/sdk';
import { EnvironmentDocument } from '../contract.ts';
import { environmentKinds } from '../entities/environment.entity.ts';
import { duplicateEnvironment } from '../environments/duplicate.ts';
import { showEnvironment } from '../environments/show.ts';
import { etagOf } from '../preconditions.ts';
import { ById, Name } from './fields.ts';

/** What environments take from each other: a whole copy. */
export function environmentCopyRoutes(ctx: PluginContext): void {
  ctx.http.route({
    method: 'POST',
    path: '/environments/{id}/duplicate',
    permission: 'environment:write',
    summary:
      'Copies an environment with its services, specs and variables, and deploys nothing; needs service:write, variable:write and, with sealed variables, secret:write for what is in it',
    params: ById,
    body: {
      type: 'object',
      properties: {
        name: Name,
        slug: Slug,
        kind: { type: 'string', enum: environmentKinds, default: 'named' },
      },
      required: ['name'],
      additionalProperties: false,
    },
    response: EnvironmentDocument,
    status: 201,
    handler: async ({ params, body, principal }) => {
      const copy = await duplicateEnvironment(ctx, principal, { from: params.id, ...body });
      return reply({
        status: 201,
        headers: { location: `/api/v1/environments/${copy.id}`, etag: etagOf(copy) },
        body: showEnvironment(copy),
      });
    },
  });
}
