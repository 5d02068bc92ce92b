import type { PluginContext } from '@containr/sdk';
import { defineSchema, Empty, Id, listQuery, notFound, pageOf, reply, Slug } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { ServiceDocument } from '../contract.ts';
import { Service, serviceKinds } from '../entities/service.entity.ts';
import { etagOf, requireConfirm } from '../preconditions.ts';
import { matching } from '../search.ts';
import { changeService } from '../services/change.ts';
import { createService } from '../services/create.ts';
import { deleteService } from '../services/delete.ts';
import { describeService, describeServices } from '../services/describe.ts';
import { ById, Confirm, Name } from './fields.ts';

const ServicePage = defineSchema(pageOf(ServiceDocument));
/** Any part of a spec; checked as a whole once it is merged. */
const PartialSpec = { type: 'object' } as const;

/** Services: list, make, read, change, delete. */
export function serviceRoutes(ctx: PluginContext): void {
  ctx.http.route({
    method: 'GET',
    path: '/services',
    permission: 'service:read',
    summary: 'Services, of one environment, one project or all',
    query: {
      type: 'object',
      properties: { ...listQuery, environment: Id, project: Id, kind: { type: 'string', enum: serviceKinds } },
      additionalProperties: false,
    },
    response: ServicePage,
    handler: async ({ query, principal }) => {
      const keys = keyset<Service>(query, { createdAt: 'time', name: 'text', slug: 'text' }, 'createdAt');
      const of = {
        ...(query.environment === undefined ? {} : { environment: query.environment }),
        ...(query.project === undefined ? {} : { project: query.project }),
        ...(query.kind === undefined ? {} : { kind: query.kind }),
      };
      const rows = await ctx.store
        .for(principal)
        .transaction(({ em }) =>
          em.find(
            Service,
            { $and: [of, matching(query.search), keys.where] },
            { orderBy: [...keys.orderBy], limit: keys.limit },
          ),
        );
      const page = keys.page(rows, (row) => row);
      return { items: await describeServices(ctx, page.items), nextCursor: page.nextCursor };
    },
  });
  ctx.http.route({
    method: 'POST',
    path: '/services',
    permission: 'service:write',
    summary: 'Makes a service; what its spec leaves out is the default',
    body: {
      type: 'object',
      properties: {
        environment: Id,
        name: Name,
        slug: Slug,
        kind: { type: 'string', enum: serviceKinds, default: 'web' },
        spec: PartialSpec,
      },
      required: ['environment', 'name'],
      additionalProperties: false,
    },
    response: ServiceDocument,
    status: 201,
    handler: async ({ body, principal }) => {
      const service = await createService(ctx, principal, body);
      return reply({
        status: 201,
        headers: { location: `/api/v1/services/${service.id}`, etag: etagOf(service) },
        body: await describeService(ctx, service),
      });
    },
  });
  ctx.http.route({
    method: 'GET',
    path: '/services/{id}',
    permission: 'service:read',
    summary: 'One service',
    params: ById,
    response: ServiceDocument,
    handler: async ({ params, principal }) => {
      const service = await ctx.store.for(principal).transaction(({ em }) => em.findOne(Service, { id: params.id }));
      if (!service) throw notFound('service');
      return reply({ headers: { etag: etagOf(service) }, body: await describeService(ctx, service) });
    },
  });
  ctx.http.route({
    method: 'PATCH',
    path: '/services/{id}',
    permission: 'service:write',
    summary: 'Changes a service by JSON merge patch; another spec is a new revision',
    params: ById,
    body: { type: 'object', properties: { name: Name, spec: PartialSpec }, additionalProperties: false },
    response: ServiceDocument,
    handler: async ({ params, body, principal, headers }) => {
      const service = await changeService(ctx, principal, { id: params.id, headers, ...body });
      return reply({ headers: { etag: etagOf(service) }, body: await describeService(ctx, service) });
    },
  });
  ctx.http.route({
    method: 'DELETE',
    path: '/services/{id}',
    permission: 'service:delete',
    summary: 'Deletes a service with its revisions and variables',
    params: ById,
    query: Confirm,
    response: Empty,
    handler: async ({ params, query, principal, signal }) => {
      const service = await ctx.store.for(principal).transaction(({ em }) => em.findOne(Service, { id: params.id }));
      if (!service) throw notFound('service');
      requireConfirm(query.confirm, service.slug, 'service');
      await deleteService(ctx, principal, service, signal);
      return {};
    },
  });
}
