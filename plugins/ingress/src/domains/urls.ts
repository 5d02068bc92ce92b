import type { PluginContext, Principal } from '@containr/sdk';
import { Domain } from '../entities/domain.entity.ts';
import type { Settings } from '../settings.ts';
import { customUrl } from './documents.ts';
import { withHosts } from './find.ts';

/** Addresses of verified custom domains by service id; wildcards and redirects are no address to open. */
export async function customUrls(
  ctx: PluginContext<Settings>,
  services: readonly string[],
  principal: Principal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = await ctx.store
    .for(principal)
    .transaction(async (unit) =>
      withHosts(unit, await unit.em.find(Domain, { service: { $in: [...services] } }, { orderBy: { id: 'asc' } })),
    );
  const urls = new Map<string, string[]>();
  for (const { domain, host, certificate } of found) {
    if (host.verifiedAt === null || host.host.startsWith('*.') || domain.redirectTo !== null) continue;
    const url = customUrl(domain, host.host, typeof certificate?.chain === 'string', ctx.settings.current);
    urls.set(domain.service, [...(urls.get(domain.service) ?? []), url]);
  }
  return urls;
}
