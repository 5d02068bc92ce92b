import type { PluginContext } from '@containr/sdk';
import { defineSchema, Id, reply, Slug } from '@containr/sdk';
import { showChanges } from '../changes/show.ts';
import { ChangeDocument, EnvironmentDocument } from '../contract.ts';
import { environmentKinds } from '../entities/environment.entity.ts';
import { duplicateEnvironment } from '../environments/duplicate.ts';
import { showEnvironment } from '../environments/show.ts';
import { syncEnvironment } from '../environments/sync.ts';
import { etagOf } from '../preconditions.ts';
import { ById, Name } from './fields.ts';

const slugs = { type: 'array', items: { type: 'string' } } as const;
const Synced = defineSchema({
  type: 'object',
  properties: {
    /** What was staged, 200 at most; `count` says how much it was. */
    items: { type: 'array', items: ChangeDocument },
    count: { type: 'integer' },
    /** Services that only the other environment has, and that only this one has: nothing is made or deleted. */
    missing: slugs,
    extra: slugs,
    /** Sealed variables of both: never compared, and left as they are. */
    sealed: slugs,
  },
  required: ['items', 'count', 'missing', 'extra', 'sealed'],
  additionalProperties: false,
});
const shownAtOnce = 200;

/** What environments take from each other: a whole copy, or what differs. */
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
  ctx.http.route({
    method: 'POST',
    path: '/environments/{id}/sync',
    permission: 'service:read',
    summary:
      'Stages what makes an environment as another one of its project, for review; needs variable:read, and what each change needs',
    params: ById,
    body: { type: 'object', properties: { from: Id }, required: ['from'], additionalProperties: false },
    response: Synced,
    handler: async ({ params, body, principal }) =>
      ctx.store.for(principal).transaction(async (unit) => {
        const order = { environment: params.id, from: body.from };
        const { staged, missing, extra, sealed } = await syncEnvironment(ctx, unit, principal, order);
        return {
          items: await showChanges(unit.em, principal, staged.slice(0, shownAtOnce)),
          count: staged.length,
          missing: [...missing],
          extra: [...extra],
          sealed: [...sealed],
        };
      }),
  });
}
