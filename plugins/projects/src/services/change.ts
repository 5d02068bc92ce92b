import { LockMode } from '@mikro-orm/core';
import type { PluginContext, Principal } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import { ServiceChanged } from '../contract.ts';
import { Service } from '../entities/service.entity.ts';
import { requireMatch } from '../preconditions.ts';
import { withinQuota } from '../quotas/within.ts';
import { patchSpec } from '../specs/complete.ts';
import { revise } from '../specs/revise.ts';
import { serviceRef } from './ref.ts';

/** Changes a service by a merge patch; another spec appends a revision. Throws `NOT_FOUND`, `STALE` or `INVALID`. */
export async function changeService(
  ctx: Pick<PluginContext, 'store' | 'clock' | 'random'>,
  principal: Principal,
  change: { id: string; name?: string; spec?: unknown; headers: Readonly<Record<string, string>> },
): Promise<Service> {
  return ctx.store.for(principal).transaction(async (unit) => {
    const service = await unit.em.findOne(Service, { id: change.id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!service) throw notFound('service');
    requireMatch(change.headers, service);
    const renamed = change.name !== undefined && change.name.trim() !== service.name;
    if (renamed && change.name !== undefined) {
      service.name = change.name.trim();
      service.updatedAt = ctx.clock.now();
    }
    const spec = change.spec === undefined ? service.spec : patchSpec(service.spec, change.spec);
    const revised = await withinQuota(unit, service.organisation, () =>
      revise(ctx, unit, service, { spec, reason: 'spec changed', by: principal }),
    );
    if (renamed && !revised) unit.emit(ServiceChanged, serviceRef(service), service.organisation);
    return service;
  });
}
