import type { PluginContext } from '@containr/sdk';
import { defineSchema, Id, notFound, pageOf, Timestamp } from '@containr/sdk';
import { Projects } from '@containr/plugin-projects/contract';
import { gitUrlOf } from '../git-urls.ts';
import type { Repositories } from '../repository/repositories.ts';

const RepositoryDocument = defineSchema({
  type: 'object',
  properties: {
    service: Id,
    gitUrl: { type: 'string' },
    /** The branch that deploys. */
    branch: { type: 'string' },
    branches: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          commit: { type: 'string' },
          subject: { type: 'string' },
          at: Timestamp,
          deploys: { type: 'boolean' },
        },
        required: ['name', 'commit', 'subject', 'at', 'deploys'],
        additionalProperties: false,
      },
    },
  },
  required: ['service', 'gitUrl', 'branch', 'branches'],
  additionalProperties: false,
});

const ListQuery = defineSchema({
  type: 'object',
  properties: { service: Id },
  required: ['service'],
  additionalProperties: false,
});

/** `GET /repositories?service=`: the address to push to, and what was pushed. */
export function repositoryRoutes(ctx: PluginContext, repositories: Repositories): void {
  const projects = ctx.services.get(Projects);
  ctx.http.route({
    method: 'GET',
    path: '/repositories',
    permission: 'git:read',
    summary: 'The repository of a service and its branches',
    query: ListQuery,
    response: pageOf(RepositoryDocument),
    async handler({ query, principal, origin }) {
      const { paths } = await projects.paths({ services: [query.service] }, { principal });
      const path = paths[0];
      if (!path) throw notFound('service');
      const { spec } = await projects.spec({ service: path.service, revision: null }, { principal });
      const { branch } = spec.source;
      const branches = (await repositories.branches(path.service)).map((one) => ({
        ...one,
        deploys: one.name === branch,
      }));
      return { items: [{ service: path.service, gitUrl: gitUrlOf(origin, path), branch, branches }], nextCursor: null };
    },
  });
}
