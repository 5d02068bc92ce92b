import type { PluginContext } from '@containr/sdk';
import { defineSchema, Id, listQuery, pageOf, Timestamp } from '@containr/sdk';
import { Upstream } from '@containr/sdk/contracts';
import { keyset } from '@containr/sdk/host';
import { Name } from '../entities/name.entity.ts';
import { Target } from '../entities/target.entity.ts';
import { hostsOf, urlOf } from '../host-names.ts';
import type { Settings } from '../settings.ts';

const RouteDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    host: { type: 'string' },
    path: { type: 'string' },
    url: { type: 'string' },
    service: Id,
    deployment: { anyOf: [Id, { type: 'null' }] },
    upstreams: { type: 'array', items: Upstream },
    createdAt: Timestamp,
  },
  required: ['id', 'host', 'path', 'url', 'service', 'deployment', 'upstreams', 'createdAt'],
  additionalProperties: false,
});

const ListQuery = defineSchema({
  type: 'object',
  properties: { ...listQuery, service: Id },
  additionalProperties: false,
});

/** `GET /routes`: where requests go now. */
export function routeRoutes(ctx: PluginContext<Settings>): void {
  ctx.http.route({
    method: 'GET',
    path: '/routes',
    permission: 'route:read',
    summary: 'Hosts and paths, and the replicas that their requests go to',
    query: ListQuery,
    response: pageOf(RouteDocument),
    handler: ({ query, principal }) =>
      ctx.store.for(principal).transaction(async ({ em }) => {
        const keys = keyset<Name>(query, { createdAt: 'time', label: 'text' }, 'label');
        const named =
          query.search === undefined ? {} : { label: { $ilike: `%${query.search.replace(/[\\%_]/g, '\\$&')}%` } };
        const mine = query.service === undefined ? {} : { service: query.service };
        const rows = await em.find(
          Name,
          { $and: [named, mine, keys.where] },
          { orderBy: [...keys.orderBy], limit: keys.limit },
        );
        const targets = new Map(
          (await em.find(Target, { service: { $in: rows.map((row) => row.service) } })).map((row) => [
            row.service,
            row,
          ]),
        );
        return keys.page(rows, (row) => {
          const host = hostsOf(row.label, ctx.settings.current)[0];
          const target = targets.get(row.service);
          return {
            id: row.id,
            host,
            path: '/',
            url: urlOf(host, ctx.settings.current),
            service: row.service,
            deployment: target?.deployment ?? null,
            upstreams: target?.upstreams ?? [],
            createdAt: row.createdAt.toISOString(),
          };
        });
      }),
  });
}
