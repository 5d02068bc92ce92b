import type { PluginContext } from '@containr/sdk';
import type { GoingDocument } from '@containr/plugin-projects/contract';
import { going } from '@containr/plugin-projects/contract';
import { Domain } from '../entities/domain.entity.ts';
import { Name } from '../entities/name.entity.ts';
import { hostsOf } from '../host-names.ts';
import type { Settings } from '../settings.ts';
import { withHosts } from './find.ts';

/** Addresses that a deletion of services takes along: generated ones, and domains with their paths. */
export async function describeGoing(
  ctx: PluginContext<Settings>,
  of: { organisation: string; services: readonly string[] },
): Promise<GoingDocument[]> {
  const service = { $in: [...of.services] };
  return ctx.store.for(ctx.principal(of.organisation)).transaction(async (unit) => {
    const names = await unit.em.find(Name, { service }, { orderBy: { label: 'asc' } });
    const domains = await withHosts(unit, await unit.em.find(Domain, { service }, { orderBy: { id: 'asc' } }));
    return [
      ...going(
        'addresses',
        names.map((name) => hostsOf(name.label, ctx.settings.current)[0]),
      ),
      ...going(
        'domains',
        domains.map(({ domain, host }) => `${host.host}${domain.path === '/' ? '' : domain.path}`),
      ),
    ];
  });
}
