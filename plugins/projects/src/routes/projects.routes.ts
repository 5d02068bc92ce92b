import type { EntityManager } from '@mikro-orm/core';
import { LockMode } from '@mikro-orm/core';
import type { PluginContext } from '@containr/sdk';
import { defineSchema, Empty, listQuery, notFound, pageOf, reply, Slug, slugOf } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { ProjectChanged, ProjectDocument } from '../contract.ts';
import { Environment } from '../entities/environment.entity.ts';
import { Project } from '../entities/project.entity.ts';
import { Service } from '../entities/service.entity.ts';
import { etagOf, refusing, requireConfirm, requireMatch } from '../preconditions.ts';
import { withinQuota } from '../quotas/within.ts';
import { matching } from '../search.ts';
import { deleteService } from '../services/delete.ts';
import { forgetVariables } from '../variables/forget.ts';
import { ById, Confirm, Name } from './fields.ts';

const ProjectPage = defineSchema(pageOf(ProjectDocument));

async function show(em: EntityManager, rows: readonly Project[]): Promise<(row: Project) => ProjectDocument> {
  const where = { project: { $in: rows.map((row) => row.id) } };
  const environments = await em.countBy(Environment, 'project', { where });
  const services = await em.countBy(Service, 'project', { where });
  return (row) => ({
    id: row.id,
    slug: row.slug,
    name: row.name,
    createdAt: row.createdAt.toISOString(),
    environments: environments[row.id] ?? 0,
    services: services[row.id] ?? 0,
  });
}

async function find(em: EntityManager, id: string, lock = false): Promise<Project> {
  const row = await em.findOne(Project, { id }, lock ? { lockMode: LockMode.PESSIMISTIC_WRITE } : {});
  if (!row) throw notFound('project');
  return row;
}

/** Projects: list, make, read, rename, delete. */
export function projectRoutes(ctx: PluginContext): void {
  ctx.http.route({
    method: 'GET',
    path: '/projects',
    permission: 'project:read',
    summary: 'Projects of the organisation',
    query: { type: 'object', properties: listQuery, additionalProperties: false },
    response: ProjectPage,
    handler: async ({ query, principal }) =>
      ctx.store.for(principal).transaction(async ({ em }) => {
        const keys = keyset<Project>(query, { createdAt: 'time', name: 'text', slug: 'text' }, 'name');
        const rows = await em.find(
          Project,
          { $and: [matching(query.search), keys.where] },
          { orderBy: [...keys.orderBy], limit: keys.limit },
        );
        return keys.page(rows, await show(em, rows));
      }),
  });
  ctx.http.route({
    method: 'POST',
    path: '/projects',
    permission: 'project:write',
    summary: 'Makes a project with an environment `production`',
    body: { type: 'object', properties: { name: Name, slug: Slug }, required: ['name'], additionalProperties: false },
    response: ProjectDocument,
    status: 201,
    handler: async ({ body, principal }) => {
      const slug = body.slug ?? slugOf(body.name, 'project');
      return refusing('a project', slug, async () =>
        ctx.store.for(principal).transaction(async (unit) => {
          const { em } = unit;
          const now = ctx.clock.now();
          const stamp = { organisation: principal.organisation ?? '', createdAt: now, updatedAt: now };
          const project = { id: ctx.random.id(), slug, name: body.name.trim(), ...stamp };
          await withinQuota(unit, stamp.organisation, () => em.insert(Project, project));
          await em.insert(Environment, {
            id: ctx.random.id(),
            project: project.id,
            slug: 'production',
            name: 'Production',
            kind: 'production',
            ...stamp,
          });
          unit.emit(ProjectChanged, { project: project.id });
          const document: ProjectDocument = {
            id: project.id,
            slug,
            name: project.name,
            createdAt: now.toISOString(),
            environments: 1,
            services: 0,
          };
          return reply({
            status: 201,
            headers: { location: `/api/v1/projects/${project.id}`, etag: etagOf(project) },
            body: document,
          });
        }),
      );
    },
  });
  ctx.http.route({
    method: 'GET',
    path: '/projects/{id}',
    permission: 'project:read',
    summary: 'One project',
    params: ById,
    response: ProjectDocument,
    handler: async ({ params, principal }) =>
      ctx.store.for(principal).transaction(async ({ em }) => {
        const row = await find(em, params.id);
        return reply({ headers: { etag: etagOf(row) }, body: (await show(em, [row]))(row) });
      }),
  });
  ctx.http.route({
    method: 'PATCH',
    path: '/projects/{id}',
    permission: 'project:write',
    summary: 'Renames a project; its slug stays',
    params: ById,
    body: { type: 'object', properties: { name: Name }, additionalProperties: false },
    response: ProjectDocument,
    handler: async ({ params, body, principal, headers }) =>
      ctx.store.for(principal).transaction(async (unit) => {
        const { em } = unit;
        const row = await find(em, params.id, true);
        requireMatch(headers, row);
        if (body.name !== undefined && body.name.trim() !== row.name) {
          row.name = body.name.trim();
          row.updatedAt = ctx.clock.now();
          unit.emit(ProjectChanged, { project: row.id });
        }
        return reply({ headers: { etag: etagOf(row) }, body: (await show(em, [row]))(row) });
      }),
  });
  ctx.http.route({
    method: 'DELETE',
    path: '/projects/{id}',
    permission: 'project:delete',
    summary: 'Deletes a project with everything in it',
    params: ById,
    query: Confirm,
    response: Empty,
    handler: async ({ params, query, principal, signal }) => {
      const store = ctx.store.for(principal);
      const { row, services } = await store.transaction(async ({ em }) => {
        const found = await find(em, params.id);
        requireConfirm(query.confirm, found.slug, 'project');
        return { row: found, services: await em.find(Service, { project: found.id }) };
      });
      for (const service of services) await deleteService(ctx, principal, service, signal);
      await refusing('a project', row.slug, async () =>
        store.transaction(async (unit) => {
          const { em } = unit;
          const environments = await em.find(Environment, { project: row.id });
          await forgetVariables(unit, [row.id, ...environments.map((environment) => environment.id)]);
          await em.nativeDelete(Project, { id: row.id });
          unit.emit(ProjectChanged, { project: row.id });
        }),
      );
      return {};
    },
  });
}
