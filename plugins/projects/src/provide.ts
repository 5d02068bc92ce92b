import type { EntityManager } from '@mikro-orm/core';
import type { Call, PluginContext, Principal } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import { Organisations } from '@containr/plugin-auth/contract';
import type { ServicePath } from './contract.ts';
import { Projects } from './contract.ts';
import { Environment } from './entities/environment.entity.ts';
import { Project } from './entities/project.entity.ts';
import { Revision } from './entities/revision.entity.ts';
import { Service } from './entities/service.entity.ts';
import { compareKept } from './variables/compare.ts';
import { frozenNow } from './freezes/frozen.ts';
import { openVariables } from './variables/open.ts';

async function pathsOf(
  em: EntityManager,
  slugs: ReadonlyMap<string, string>,
  services: readonly Service[],
): Promise<ServicePath[]> {
  const projects = new Map(
    (await em.find(Project, { id: { $in: services.map((row) => row.project) } })).map((row) => [row.id, row.slug]),
  );
  const environments = new Map(
    (await em.find(Environment, { id: { $in: services.map((row) => row.environment) } })).map((row) => [
      row.id,
      row.slug,
    ]),
  );
  return services.map((row) => ({
    organisation: row.organisation,
    organisationSlug: slugs.get(row.organisation) ?? '',
    project: row.project,
    projectSlug: projects.get(row.project) ?? '',
    environment: row.environment,
    environmentSlug: environments.get(row.environment) ?? '',
    service: row.id,
    serviceSlug: row.slug,
    kind: row.kind,
    revision: row.revision,
  }));
}

async function revisionOf(em: EntityManager, service: string, number: number | null): Promise<Revision> {
  const [row] = await em.find(Revision, number === null ? { service } : { service, number }, {
    orderBy: { number: 'desc' },
    limit: 1,
  });
  if (!row) throw notFound(number === null ? 'service' : 'revision');
  return row;
}

/** Reads for other plugins, inside the caller's organisation. */
export function provideProjects(ctx: PluginContext): void {
  const organisations = ctx.services.get(Organisations);
  const inside = (call: Call) => ctx.store.for(call.principal);
  const pathOf = async (
    principal: Principal,
    organisation: { id: string; slug: string },
    slugs: { project: string; environment: string; service: string },
  ) =>
    ctx.store.for({ ...principal, organisation: organisation.id }).transaction(async ({ em }) => {
      const project = await em.findOne(Project, { slug: slugs.project });
      const environment = project && (await em.findOne(Environment, { project: project.id, slug: slugs.environment }));
      const service = environment && (await em.findOne(Service, { environment: environment.id, slug: slugs.service }));
      const [path] = service ? await pathsOf(em, new Map([[organisation.id, organisation.slug]]), [service]) : [];
      return path ?? null;
    });

  ctx.services.provide(Projects, {
    paths: async ({ services }, call) => {
      const paths = await inside(call).transaction(async ({ em }) =>
        pathsOf(em, new Map(), await em.find(Service, { id: { $in: services } })),
      );
      const named = await organisations.byIds({ ids: [...new Set(paths.map((path) => path.organisation))] }, call);
      const slugs = new Map(named.organisations.map((organisation) => [organisation.id, organisation.slug]));
      return { paths: paths.map((path) => ({ ...path, organisationSlug: slugs.get(path.organisation) ?? '' })) };
    },
    find: async (wanted, call) => {
      const { organisation } = await organisations.bySlug({ slug: wanted.organisation }, call);
      if (!organisation) return { path: null };
      // A plugin that acts for nobody yet may look a path up; everybody else stays in its own organisation.
      const anywhere =
        call.principal.organisation === null && (call.principal.kind === 'plugin' || call.principal.kind === 'system');
      if (!anywhere && call.principal.organisation !== organisation.id) return { path: null };
      return { path: await pathOf(call.principal, organisation, wanted) };
    },
    sibling: async ({ service: id, environment: to }, call) =>
      inside(call).transaction(async ({ em }) => {
        const service = await em.findOne(Service, { id });
        if (!service) throw notFound('service');
        const environment = await em.findOne(Environment, { id: to, project: service.project });
        if (!environment) throw notFound('environment in this project');
        const { slug } = service;
        const found = await em.findOne(Service, { environment: environment.id, slug });
        const [path] = found ? await pathsOf(em, new Map(), [found]) : [];
        return { environment: environment.slug, slug, path: path ?? null };
      }),
    frozen: async ({ environment }, call) => ({
      frozen: await inside(call).transaction(({ em }) => frozenNow(em, environment, ctx.clock.now())),
    }),
    spec: async ({ service, revision }, call) => {
      const row = await inside(call).transaction(({ em }) => revisionOf(em, service, revision));
      return { revision: row.number, spec: row.spec };
    },
    compareVariables: async ({ service, from, to }, call) => {
      const { before, after } = await inside(call).transaction(async ({ em }) => ({
        before: await revisionOf(em, service, from),
        after: await revisionOf(em, service, to),
      }));
      return { changes: compareKept(ctx.secrets, call.principal, before, after) };
    },
    variables: async ({ service, revision }, call) => {
      const found = await inside(call).transaction(async ({ em }) => ({
        row: await revisionOf(em, service, revision),
        of: await em.findOneOrFail(Service, { id: service }),
      }));
      return openVariables(ctx, call.principal, found.of, found.row);
    },
  });
}
