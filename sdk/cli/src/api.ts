import { resolve } from 'node:path';
import { createClient } from '@containr/client';
import type { CallOptions, ListPath, PathOf } from '@containr/client';
import type { Infer, JSONSchema } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { usualDataFolder, validate } from '@containr/sdk/host';
import type { Account } from './account-file.ts';
import { readAccount } from './account-file.ts';
import type { GlobalOptions } from './command.ts';
import { consoleFetch } from './console-fetch.ts';
import { Environment, Project, Readiness, Service } from './documents.ts';

/** The API as the commands use it: paths and what is sent are typed, every answer is checked. */
export interface Api {
  readonly account: Account;
  /** The data folder on this machine, when the console is used; else `null`. */
  readonly data: string | null;
  readonly client: ReturnType<typeof createClient>;
  get<P extends PathOf<'GET'>, const S extends JSONSchema>(
    path: P,
    schema: S,
    options?: CallOptions<'GET', P>,
  ): Promise<Infer<S>>;
  post<P extends PathOf<'POST'>, const S extends JSONSchema>(
    path: P,
    schema: S,
    options: CallOptions<'POST', P>,
  ): Promise<Infer<S>>;
  patch<P extends PathOf<'PATCH'>, const S extends JSONSchema>(
    path: P,
    schema: S,
    options: CallOptions<'PATCH', P>,
  ): Promise<Infer<S>>;
  /** Every item of a list, page by page. */
  all<P extends ListPath, const S extends JSONSchema>(
    path: P,
    schema: S,
    options?: CallOptions<'GET', P>,
  ): Promise<Infer<S>[]>;
  /** What the install needs, and what is missing. */
  ready(): Promise<Readiness>;
  /** A service by `project/service` or `project/service@environment`. Throws `NOT_FOUND` with what there is. */
  service(name: string): Promise<Service>;
  environment(project: string, environment: string): Promise<Environment>;
  /** A project by slug. Throws `NOT_FOUND` with what there is. */
  project(slug: string): Promise<Project>;
}

/** Opens the API as the signed-in account. */
export async function openApi(options: GlobalOptions): Promise<Api> {
  const data = dataFolderOf(options);
  const account = data === null ? await readAccount() : { origin: 'http://localhost', token: '', services: {} };
  const origin = data === null ? (options.origin ?? account.origin) : account.origin;
  const send = data === null ? globalThis.fetch : consoleFetch(data);
  const client = createClient({
    origin,
    token: account.token,
    fetch: send,
    ...(options.organisation ? { organisation: options.organisation } : {}),
  });
  const all: Api['all'] = async (path, schema, options) => {
    const items = [];
    for await (const item of client.each(path, options)) items.push(validate(schema, item, `An item of ${path}`));
    return items as Infer<typeof schema>[];
  };
  const project = async (slug: string): Promise<Project> => pick(await all('/projects', Project), slug, 'project');
  const environment = async (of: string, slug: string): Promise<Environment> => {
    const found = await project(of);
    return pick(
      await all('/environments', Environment, { query: { project: found.id } }),
      slug,
      `environment of ${of}`,
    );
  };
  return {
    account,
    data,
    client,
    ready: async () => validate(Readiness, await (await send(`${origin}/readyz`)).json(), 'The answer to GET /readyz'),
    get: async (path, schema, options) =>
      validate(schema, await client.call('GET', path, options as never), `The answer to GET ${path}`),
    post: async (path, schema, options) =>
      validate(schema, await client.call('POST', path, options as never), `The answer to POST ${path}`),
    patch: async (path, schema, options) =>
      validate(schema, await client.call('PATCH', path, options as never), `The answer to PATCH ${path}`),
    all,
    environment,
    project,
    async service(name) {
      const match = /^([a-z0-9-]+)\/([a-z0-9-]+)(?:@([a-z0-9-]+))?$/.exec(name);
      const [, of, slug, at = 'production'] = match ?? [];
      if (!of || !slug) {
        throw new ContainrError({
          code: 'SERVICE_NAME',
          status: 400,
          detail: `"${name}" does not name a service.`,
          hint: 'Write project/service, or project/service@environment.',
        });
      }
      const place = await environment(of, at);
      return pick(
        await all('/services', Service, { query: { environment: place.id } }),
        slug,
        `service in ${of}@${at}`,
      );
    },
  };
}

/** The data folder whose console is meant, or `null` when an account is. */
export function dataFolderOf(options: GlobalOptions): string | null {
  if (options.data !== undefined) return resolve(options.data);
  return options.console ? usualDataFolder() : null;
}

function pick<T extends { slug: string }>(items: readonly T[], slug: string, what: string): T {
  const found = items.find((item) => item.slug === slug);
  if (found) return found;
  const known = items.map((item) => item.slug).join(', ');
  throw new ContainrError({
    code: 'NOT_FOUND',
    status: 404,
    detail: `There is no ${what} called "${slug}".`,
    hint: known ? `There are: ${known}.` : 'There are none yet.',
  });
}
