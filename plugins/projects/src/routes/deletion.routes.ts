import type { PluginContext } from '@containr/sdk';
import { DeletionDocument } from '../contract.ts';
import { describeDeletion } from '../services/deletion.ts';
import { ById } from './fields.ts';

/** What goes with a project, an environment or a service, to be looked at before it is deleted. */
export function deletionRoutes(ctx: PluginContext): void {
  for (const [scope, permission] of [
    ['project', 'project:delete'],
    ['environment', 'environment:write'],
    ['service', 'service:delete'],
  ] as const)
    ctx.http.route({
      method: 'GET',
      path: `/${scope}s/{id}/deletion`,
      permission,
      summary: `What deleting the ${scope} would take along, by name`,
      params: ById,
      response: DeletionDocument,
      handler: async ({ params, principal }) => describeDeletion(ctx, principal, { scope, id: params.id }),
    });
}
