import type { PluginContext } from '@containr/sdk';
import { defineSchema, Id, listQuery, pageOf, Timestamp } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { Name } from '../entities/name.entity.ts';
import { hostsOf, urlOf } from '../host-names.ts';
import type { Settings } from '../settings.ts';

const DomainDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    service: Id,
    host: { type: 'string' },
    kind: { type: 'string', enum: ['generated'] },
    url: { type: 'string' },
    createdAt: Timestamp,
  },
  required: ['id', 'service', 'host', 'kind', 'url', 'createdAt'],
  additionalProperties: false,
});

const ListQuery = defineSchema({
  type: 'object',
  properties: { ...listQuery, service: Id },
  required: ['service'],
  additionalProperties: false,
});

/** `GET /domains?service=`: the names that a service answers to. */
export function domainRoutes(ctx: PluginContext<Settings>): void {
  ctx.http.route({
    method: 'GET',
    path: '/domains',
    permission: 'route:read',
    summary: 'Names of a service',
    query: ListQuery,
    response: pageOf(DomainDocument),
    handler: ({ query, principal }) =>
      ctx.store.for(principal).transaction(async ({ em }) => {
        const keys = keyset<Name>(query, { createdAt: 'time' }, 'createdAt');
        const rows = await em.find(
          Name,
          { $and: [{ service: query.service }, keys.where] },
          { orderBy: [...keys.orderBy], limit: keys.limit },
        );
        return keys.page(rows, (row) => {
          const host = hostsOf(row.label, ctx.settings.current)[0];
          return {
            id: row.id,
            service: row.service,
            host,
            kind: 'generated' as const,
            url: urlOf(host, ctx.settings.current),
            createdAt: row.createdAt.toISOString(),
          };
        });
      }),
  });
}
