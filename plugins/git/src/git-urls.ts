import type { PluginContext } from '@containr/sdk';
import type { ServiceDocument, ServicePath } from '@containr/plugin-projects/contract';
import { Projects } from '@containr/plugin-projects/contract';

/** Address that a service is pushed to. */
export function gitUrlOf(origin: string, path: ServicePath): string {
  return `${origin}/git/${path.organisationSlug}/${path.projectSlug}/${path.environmentSlug}/${path.serviceSlug}.git`;
}

/** Adds `gitUrl` to services; databases have no source. */
export async function describeServices(
  ctx: PluginContext,
  services: readonly ServiceDocument[],
): Promise<ServiceDocument[]> {
  const urls = new Map<string, string>();
  for (const organisation of new Set(services.map((service) => service.organisation))) {
    const own = services
      .filter((service) => service.organisation === organisation && service.kind !== 'database')
      .map((service) => service.id);
    if (own.length === 0) continue;
    const { paths } = await ctx.services
      .get(Projects)
      .paths({ services: own }, { principal: ctx.principal(organisation) });
    for (const path of paths) urls.set(path.service, gitUrlOf(ctx.http.origin, path));
  }
  return services.map((service) => ({ ...service, gitUrl: urls.get(service.id) ?? service.gitUrl }));
}
