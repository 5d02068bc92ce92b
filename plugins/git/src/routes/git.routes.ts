import { Readable } from 'node:stream';
import type { PluginContext, Principal, RequestInfo } from '@containr/sdk';
import { can, ContainrError, isContainrError } from '@containr/sdk';
import type { ServicePath } from '@containr/plugin-projects/contract';
import { Projects } from '@containr/plugin-projects/contract';
import type { PushWatch } from '../push/push-watch.ts';
import { receive } from '../push/receive.ts';
import { largestPush } from '../repository/git-environment.ts';
import { httpBackend } from '../repository/http-backend.ts';
import type { Repositories } from '../repository/repositories.ts';
import { folderOf } from '../repository/repositories.ts';

const base = '/git/{organisation}/{project}/{environment}/{repository}' as const;
const realm = 'Containr';

type Info = RequestInfo & { params: Readonly<Record<string, string>> };

/** Git shows plain text to its user and hides everything else. */
function forGit(error: unknown): Response {
  if (!isContainrError(error)) throw error;
  const text = `${error.message}\n${error.hint ?? ''}\n(${error.code})\n`;
  return new Response(text, { status: error.status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

/** Smart HTTP at `/git/<organisation>/<project>/<environment>/<service>.git`. */
export function gitRoutes(ctx: PluginContext, repositories: Repositories, watch: PushWatch): void {
  const projects = ctx.services.get(Projects);

  async function serviceAt(params: Readonly<Record<string, string>>, principal: Principal): Promise<ServicePath> {
    const { organisation = '', project = '', environment = '', repository = '' } = params;
    const service = repository.replace(/\.git$/, '');
    const { path } = await projects.find({ organisation, project, environment, service }, { principal });
    if (path) return path;
    throw new ContainrError({
      code: 'NOT_FOUND',
      status: 404,
      detail: `There is no service ${organisation}/${project}/${environment}/${service}.`,
      hint: "Create the service first, or copy the address of its repository from the service's page.",
    });
  }

  function told(
    handler: (request: Request, info: Info) => Promise<Response>,
  ): (request: Request, info: Info) => Promise<Response> {
    return async (request, info) => {
      try {
        return await handler(request, info);
      } catch (error) {
        if (info.headers['user-agent']?.startsWith('git/')) return forGit(error);
        throw error;
      }
    };
  }

  async function pass(request: Request, info: Info, path: ServicePath, action: string): Promise<Response> {
    await repositories.ensure(path.service, path.organisation);
    const backend = await httpBackend({
      root: repositories.root,
      path: `/${folderOf(path.service)}/${action}`,
      method: request.method === 'GET' ? 'GET' : 'POST',
      query: new URL(request.url).search.slice(1),
      headers: request.headers,
      user: info.principal.name,
      body: request.body ? Readable.fromWeb(request.body as Parameters<typeof Readable.fromWeb>[0]) : null,
      signal: info.signal,
    });
    return new Response(Readable.toWeb(backend.body) as ReadableStream<Uint8Array>, {
      status: backend.status,
      headers: backend.headers,
    });
  }

  const common = { root: true, accepts: ['*'], basicRealm: realm } as const;
  ctx.http.raw({
    ...common,
    methods: ['GET'],
    path: `${base}/info/refs`,
    permission: 'git:read',
    summary: 'Refs of a repository, for fetch and push',
    maxBytes: 0,
    handler: told(async (request, info) => {
      const service = new URL(request.url).searchParams.get('service');
      if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
        throw new ContainrError({
          code: 'GIT_DUMB',
          status: 403,
          detail: 'Only the smart HTTP protocol of Git is served.',
          hint: 'Use Git 1.6.6 or newer.',
        });
      }
      if (service === 'git-receive-pack' && !can(info.principal, 'git:push')) {
        throw new ContainrError({
          code: 'FORBIDDEN',
          status: 403,
          detail: 'Pushing needs the permission git:push.',
          hint: 'Use an API token that has it.',
        });
      }
      return pass(request, info, await serviceAt(info.params, info.principal), 'info/refs');
    }),
  });
  ctx.http.raw({
    ...common,
    methods: ['POST'],
    path: `${base}/git-upload-pack`,
    permission: 'git:read',
    summary: 'Fetches from a repository',
    maxBytes: 64 * 1024 * 1024,
    handler: told(async (request, info) =>
      pass(request, info, await serviceAt(info.params, info.principal), 'git-upload-pack'),
    ),
  });
  ctx.http.raw({
    ...common,
    methods: ['POST'],
    path: `${base}/git-receive-pack`,
    permission: 'git:push',
    summary: 'Pushes to a repository; the branch of the spec deploys',
    maxBytes: largestPush,
    handler: told(async (request, info) => {
      const path = await serviceAt(info.params, info.principal);
      await repositories.ensure(path.service, path.organisation);
      const { spec } = await projects.spec({ service: path.service, revision: null }, { principal: info.principal });
      return receive(ctx, repositories, watch, { path, spec, principal: info.principal, request, signal: info.signal });
    }),
  });
}
