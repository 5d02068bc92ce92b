import type { PluginContext } from '@containr/sdk';
import { defineSchema, Id, listQuery, notFound, pageOf } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { SpecDocument } from '../contract.ts';
import { Revision } from '../entities/revision.entity.ts';
import { Service } from '../entities/service.entity.ts';
import { ById } from './fields.ts';

const SpecPage = defineSchema(pageOf(SpecDocument));

function show(row: Revision): SpecDocument {
  return {
    id: row.id,
    service: row.service,
    revision: row.number,
    spec: row.spec,
    variables: row.variables.map(({ name, kind, scope }) => ({ name, kind, scope })),
    reason: row.reason,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
  };
}

/** Revisions of services: what they were meant to be, who changed it and when. */
export function specRoutes(ctx: PluginContext): void {
  ctx.http.route({
    method: 'GET',
    path: '/specs',
    permission: 'service:read',
    summary: 'Revisions of a service, newest first',
    query: {
      type: 'object',
      properties: {
        ...listQuery,
        limit: { type: 'integer', minimum: 1, maximum: 50, default: 20 },
        service: Id,
        revision: { type: 'integer', minimum: 1 },
      },
      required: ['service'],
      additionalProperties: false,
    },
    response: SpecPage,
    handler: async ({ query, principal }) => {
      const keys = keyset<Revision>(query, { number: 'number', createdAt: 'time' }, '-number');
      const of =
        query.revision === undefined ? { service: query.service } : { service: query.service, number: query.revision };
      const rows = await ctx.store.for(principal).transaction(async ({ em }) => {
        if ((await em.count(Service, { id: query.service })) === 0) throw notFound('service');
        return em.find(Revision, { $and: [of, keys.where] }, { orderBy: [...keys.orderBy], limit: keys.limit });
      });
      return keys.page(rows, show);
    },
  });
  ctx.http.route({
    method: 'GET',
    path: '/specs/{id}',
    permission: 'service:read',
    summary: 'One revision',
    params: ById,
    response: SpecDocument,
    handler: async ({ params, principal }) => {
      const row = await ctx.store.for(principal).transaction(({ em }) => em.findOne(Revision, { id: params.id }));
      if (!row) throw notFound('revision');
      return show(row);
    },
  });
}
