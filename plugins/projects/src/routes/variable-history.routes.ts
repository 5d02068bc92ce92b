import type { PluginContext } from '@containr/sdk';
import { defineSchema, Id, listQuery, pageOf } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { VariableVersionDocument } from '../contract.ts';
import { VariableVersion } from '../entities/variable-version.entity.ts';
import { restoreVariables, showVersion } from '../variables/history.ts';
import { ownerOf, placeOf } from '../variables/owner.ts';

const owners = { service: Id, environment: Id, project: Id } as const;
const VersionPage = defineSchema(pageOf(VariableVersionDocument));
const Restored = defineSchema({
  type: 'object',
  properties: {
    version: { type: 'integer' },
    changed: { type: 'integer' },
    revised: { type: 'array', items: Id },
  },
  required: ['version', 'changed', 'revised'],
  additionalProperties: false,
});

/** Versions of variables: who changed what and when, and back to one of them. */
export function variableHistoryRoutes(ctx: PluginContext): void {
  ctx.http.route({
    method: 'GET',
    path: '/variables/history',
    permission: 'service:read',
    summary: 'Versions of the variables of one service, environment or project, newest first',
    query: {
      type: 'object',
      properties: { ...listQuery, limit: { type: 'integer', minimum: 1, maximum: 50, default: 20 }, ...owners },
      additionalProperties: false,
    },
    response: VersionPage,
    handler: async ({ query, principal }) => {
      const owner = ownerOf(query);
      const keys = keyset<VariableVersion>(query, { number: 'number', createdAt: 'time' }, '-number');
      const rows = await ctx.store.for(principal).transaction(async ({ em }) => {
        await placeOf(em, owner);
        return em.find(
          VariableVersion,
          { $and: [{ owner: owner.id }, keys.where] },
          { orderBy: [...keys.orderBy], limit: keys.limit },
        );
      });
      return keys.page(rows, (row) => showVersion(principal, row));
    },
  });
  ctx.http.route({
    method: 'POST',
    path: '/variables/restore',
    permission: 'variable:write',
    summary: 'Brings back the variables as they were after a version; 0 is before the first',
    body: {
      type: 'object',
      properties: { ...owners, version: { type: 'integer', minimum: 0 } },
      required: ['version'],
      additionalProperties: false,
    },
    response: Restored,
    handler: async ({ body, principal }) => {
      const { version, changed, revised } = await restoreVariables(ctx, principal, ownerOf(body), body.version);
      return { version, changed, revised: revised.map((service) => service.id) };
    },
  });
}
