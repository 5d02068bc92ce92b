import type { PluginContext } from '@containr/sdk';
import type { ServiceDocument } from '../contract.ts';
import { ServiceDescribe } from '../contract.ts';
import type { Service } from '../entities/service.entity.ts';

function plain(service: Service): ServiceDocument {
  return {
    id: service.id,
    slug: service.slug,
    name: service.name,
    kind: service.kind,
    organisation: service.organisation,
    project: service.project,
    environment: service.environment,
    revision: service.revision,
    status: { state: 'stopped', replicas: { desired: service.spec.replicas, ready: 0 } },
    urls: [],
    gitUrl: null,
    liveDeployment: null,
    latestDeployment: null,
    createdAt: service.createdAt.toISOString(),
  };
}

/** Services as the API shows them, with what other plugins know; when one of these can't say, the state is `unknown`. */
export async function describeServices(
  ctx: Pick<PluginContext, 'hooks' | 'log'>,
  rows: readonly Service[],
): Promise<ServiceDocument[]> {
  if (rows.length === 0) return [];
  try {
    const { services } = await ctx.hooks.run(ServiceDescribe, { services: rows.map(plain) });
    return services;
  } catch (error) {
    ctx.log.warn({ error }, 'a plugin could not describe services');
    return rows.map((row) => ({
      ...plain(row),
      status: { state: 'unknown', replicas: { desired: row.spec.replicas, ready: 0 } },
    }));
  }
}

/** One service as the API shows it. */
export async function describeService(
  ctx: Pick<PluginContext, 'hooks' | 'log'>,
  row: Service,
): Promise<ServiceDocument> {
  const [document] = await describeServices(ctx, [row]);
  return document ?? plain(row);
}
