import type { PluginContext } from '@containr/sdk';
import { defineSchema, Empty, Id, listQuery, notFound, pageOf, reply, Slug, slugOf } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { EdgeDocument, EnvironmentDocument, ProjectChanged } from '../contract.ts';
import { Environment, environmentKinds } from '../entities/environment.entity.ts';
import { Project } from '../entities/project.entity.ts';
import { Service } from '../entities/service.entity.ts';
import { findEnvironment, showEnvironment } from '../environments/show.ts';
import { etagOf, refusing, requireConfirm, requireMatch } from '../preconditions.ts';
import { edgesOf, environmentGraph } from '../references/edges.ts';
import { matching } from '../search.ts';
import { deleteService } from '../services/delete.ts';
import { forgetVariables } from '../variables/forget.ts';
import { ById, Confirm, Name } from './fields.ts';

const Edges = defineSchema({
  type: 'object',
  properties: { edges: { type: 'array', items: EdgeDocument } },
  required: ['edges'],
  additionalProperties: false,
});
const EnvironmentPage = defineSchema(pageOf(EnvironmentDocument));

/** Environments: list, make, read, rename, delete. */
export function environmentRoutes(ctx: PluginContext): void {
  ctx.http.route({
    method: 'GET',
    path: '/environments',
    permission: 'project:read',
    summary: 'Environments, of one project or of all',
    query: { type: 'object', properties: { ...listQuery, project: Id }, additionalProperties: false },
    response: EnvironmentPage,
    handler: async ({ query, principal }) => {
      const keys = keyset<Environment>(query, { createdAt: 'time', name: 'text', slug: 'text' }, 'createdAt');
      const of = query.project === undefined ? {} : { project: query.project };
      const rows = await ctx.store
        .for(principal)
        .transaction(({ em }) =>
          em.find(
            Environment,
            { $and: [of, matching(query.search), keys.where] },
            { orderBy: [...keys.orderBy], limit: keys.limit },
          ),
        );
      return keys.page(rows, showEnvironment);
    },
  });
  ctx.http.route({
    method: 'POST',
    path: '/environments',
    permission: 'environment:write',
    summary: 'Makes an environment in a project',
    body: {
      type: 'object',
      properties: {
        project: Id,
        name: Name,
        slug: Slug,
        kind: { type: 'string', enum: environmentKinds, default: 'named' },
      },
      required: ['project', 'name'],
      additionalProperties: false,
    },
    response: EnvironmentDocument,
    status: 201,
    handler: async ({ body, principal }) => {
      const slug = body.slug ?? slugOf(body.name, 'environment');
      return refusing('an environment', slug, async () =>
        ctx.store.for(principal).transaction(async (unit) => {
          const { em } = unit;
          const project = await em.findOne(Project, { id: body.project });
          if (!project) throw notFound('project');
          const now = ctx.clock.now();
          const row = {
            id: ctx.random.id(),
            organisation: project.organisation,
            project: project.id,
            slug,
            name: body.name.trim(),
            kind: body.kind,
            createdAt: now,
            updatedAt: now,
          };
          await em.insert(Environment, row);
          unit.emit(ProjectChanged, { project: project.id });
          return reply({
            status: 201,
            headers: { location: `/api/v1/environments/${row.id}`, etag: etagOf(row) },
            body: showEnvironment(row),
          });
        }),
      );
    },
  });
  ctx.http.route({
    method: 'GET',
    path: '/environments/{id}',
    permission: 'project:read',
    summary: 'One environment',
    params: ById,
    response: EnvironmentDocument,
    handler: async ({ params, principal }) => {
      const row = await ctx.store.for(principal).transaction(({ em }) => findEnvironment(em, params.id));
      return reply({ headers: { etag: etagOf(row) }, body: showEnvironment(row) });
    },
  });
  ctx.http.route({
    method: 'PATCH',
    path: '/environments/{id}',
    permission: 'environment:write',
    summary: 'Renames an environment; its slug stays',
    params: ById,
    body: { type: 'object', properties: { name: Name }, additionalProperties: false },
    response: EnvironmentDocument,
    handler: async ({ params, body, principal, headers }) =>
      ctx.store.for(principal).transaction(async (unit) => {
        const { em } = unit;
        const row = await findEnvironment(em, params.id, true);
        requireMatch(headers, row);
        if (body.name !== undefined && body.name.trim() !== row.name) {
          row.name = body.name.trim();
          row.updatedAt = ctx.clock.now();
          unit.emit(ProjectChanged, { project: row.project });
        }
        return reply({ headers: { etag: etagOf(row) }, body: showEnvironment(row) });
      }),
  });
  ctx.http.route({
    method: 'GET',
    path: '/environments/{id}/references',
    permission: 'service:read',
    summary: 'Who reads which variable of whom, and which of it does not work',
    params: ById,
    response: Edges,
    handler: async ({ params, principal }) =>
      ctx.store.for(principal).transaction(async ({ em }) => ({
        edges: edgesOf(await environmentGraph(em, await findEnvironment(em, params.id))),
      })),
  });
  ctx.http.route({
    method: 'DELETE',
    path: '/environments/{id}',
    permission: 'environment:write',
    summary: 'Deletes an environment with its services',
    params: ById,
    query: Confirm,
    response: Empty,
    handler: async ({ params, query, principal, signal }) => {
      const store = ctx.store.for(principal);
      const { row, services } = await store.transaction(async ({ em }) => {
        const found = await findEnvironment(em, params.id);
        requireConfirm(query.confirm, found.slug, 'environment');
        return { row: found, services: await em.find(Service, { environment: found.id }) };
      });
      for (const service of services) await deleteService(ctx, principal, service, signal);
      await refusing('an environment', row.slug, async () =>
        store.transaction(async (unit) => {
          const { em } = unit;
          await forgetVariables(unit, [row.id]);
          await em.nativeDelete(Environment, { id: row.id });
          unit.emit(ProjectChanged, { project: row.project });
        }),
      );
      return {};
    },
  });
}
