import { createClient } from '@containr/client';
import type { DeploymentDocument } from '@containr/plugin-deployments/contract';
import type { EnvironmentDocument, ProjectDocument, ServiceDocument } from '@containr/plugin-projects/contract';
import { until } from './until.ts';

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** The owner of a new install, and what the tests ask of its API. */
export class Owner {
  readonly origin: string;
  readonly token: string;
  readonly organisation: string;
  readonly client: ReturnType<typeof createClient>;

  private constructor(origin: string, token: string, organisation: string) {
    this.origin = origin;
    this.token = token;
    this.organisation = organisation;
    this.client = createClient({ origin, token });
  }

  /** Claims the install by its set-up link. */
  static async claim(origin: string, setup: string | null): Promise<Owner> {
    if (!setup) throw new Error('There is no set-up link.');
    const token = new URL(setup).searchParams.get('token');
    const body = {
      token,
      email: 'owner@example.org',
      password: 'correct horse battery',
      name: 'Owner',
      organisation: 'Acme',
    };
    const answer = await createClient({ origin }).request<{
      organisation: { slug: string };
      token: { secret: string };
    }>('POST', '/setup', { body });
    return new Owner(origin, answer.token.secret, answer.organisation.slug);
  }

  /** The same owner at another address: what a restored install answers at. */
  at(origin: string): Owner {
    return new Owner(origin, this.token, this.organisation);
  }

  get<T>(path: string, query: Record<string, string | number> = {}): Promise<T> {
    return this.client.request<T>('GET', path, { query });
  }

  post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.client.request<T>('POST', path, { body });
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.client.request<T>('PATCH', path, { body });
  }

  /** A service in a project of its own name. */
  async makeService(
    project: string,
    slug: string,
    spec: Record<string, unknown> = {},
    kind = 'web',
  ): Promise<ServiceDocument> {
    const known = (await this.get<Page<ProjectDocument>>('/projects', { limit: 200 })).items.find(
      (item) => item.slug === project,
    );
    const { id } = known ?? (await this.post<ProjectDocument>('/projects', { name: project, slug: project }));
    const environments = await this.get<Page<EnvironmentDocument>>('/environments', { project: id });
    return this.post<ServiceDocument>('/services', {
      environment: environments.items[0]?.id,
      name: slug,
      slug,
      kind,
      spec,
    });
  }

  service(id: string): Promise<ServiceDocument> {
    return this.get<ServiceDocument>(`/services/${id}`);
  }

  deployment(id: string): Promise<DeploymentDocument> {
    return this.get<DeploymentDocument>(`/deployments/${id}`);
  }

  /** The newest deployment of a service, if any. */
  async latest(service: string): Promise<DeploymentDocument | undefined> {
    const page = await this.get<Page<{ id: string }>>('/deployments', { service, limit: 1 });
    const [first] = page.items;
    return first ? this.deployment(first.id) : undefined;
  }

  /** Waits until a deployment has one of these states. */
  settled(id: string, states: readonly string[], timeoutMs = 120_000): Promise<DeploymentDocument> {
    return until(
      `deployment ${id} is ${states.join(' or ')}`,
      async () => {
        const deployment = await this.deployment(id);
        if (states.includes(deployment.status)) return deployment;
        if (['failed', 'cancelled', 'superseded'].includes(deployment.status))
          throw new Error(`it is ${deployment.status}: ${deployment.cause?.code}: ${deployment.cause?.detail}`);
        return undefined;
      },
      timeoutMs,
    );
  }

  /** `git push` address with the token in it. */
  gitUrl(service: ServiceDocument): string {
    const url = new URL(service.gitUrl ?? '');
    url.username = 'git';
    url.password = this.token;
    return url.href;
  }
}
