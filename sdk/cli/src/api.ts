import { createClient } from '@containr/client';
import type { JSONSchema } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Account } from './account-file.ts';
import { readAccount } from './account-file.ts';
import { Environment, Page, Project, Service } from './documents.ts';

/** The API as the commands use it: every answer is checked. */
export interface Api {
  readonly account: Account;
  readonly client: ReturnType<typeof createClient>;
  get<T>(path: string, schema: JSONSchema, query?: Readonly<Record<string, string | number>>): Promise<T>;
  post<T>(path: string, schema: JSONSchema, body: unknown): Promise<T>;
  /** Every item of a list, page by page. */
  all<T>(path: string, schema: JSONSchema, query?: Readonly<Record<string, string | number>>): Promise<T[]>;
  /** A service by `project/service` or `project/service@environment`. Throws `NOT_FOUND` with what there is. */
  service(name: string): Promise<Service>;
  environment(project: string, environment: string): Promise<Environment>;
}

/** Opens the API as the signed-in account. */
export async function openApi(options: { origin?: string }): Promise<Api> {
  const account = await readAccount();
  const client = createClient({ origin: options.origin ?? account.origin, token: account.token });
  const get = async <T>(
    path: string,
    schema: JSONSchema,
    query: Readonly<Record<string, string | number>> = {},
  ): Promise<T> => validate<T>(schema, await client.request('GET', path, { query }), `The answer to GET ${path}`);
  const all = async <T>(
    path: string,
    schema: JSONSchema,
    query: Readonly<Record<string, string | number>> = {},
  ): Promise<T[]> => {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await get<Page>(path, Page, { ...query, limit: 200, ...(cursor === null ? {} : { cursor }) });
      items.push(...page.items.map((item) => validate<T>(schema, item, `An item of ${path}`)));
      cursor = page.nextCursor;
    } while (cursor !== null);
    return items;
  };
  const environment = async (project: string, slug: string): Promise<Environment> => {
    const projects = await all<Project>('/projects', Project);
    const found = pick(projects, project, 'project');
    return pick(
      await all<Environment>('/environments', Environment, { project: found.id }),
      slug,
      `environment of ${project}`,
    );
  };
  return {
    account,
    client,
    get,
    post: async (path, schema, body) =>
      validate(schema, await client.request('POST', path, { body }), `The answer to POST ${path}`),
    all,
    environment,
    async service(name) {
      const match = /^([a-z0-9-]+)\/([a-z0-9-]+)(?:@([a-z0-9-]+))?$/.exec(name);
      const [, project, slug, at = 'production'] = match ?? [];
      if (!project || !slug) {
        throw new ContainrError({
          code: 'SERVICE_NAME',
          status: 400,
          detail: `"${name}" does not name a service.`,
          hint: 'Write project/service, or project/service@environment.',
        });
      }
      const place = await environment(project, at);
      return pick(
        await all<Service>('/services', Service, { environment: place.id }),
        slug,
        `service in ${project}@${at}`,
      );
    },
  };
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
