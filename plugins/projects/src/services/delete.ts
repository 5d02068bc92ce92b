import type { PluginContext, Principal } from '@containr/sdk';
import { ServiceDelete, ServiceDeleted } from '../contract.ts';
import { Service } from '../entities/service.entity.ts';
import { Variable } from '../entities/variable.entity.ts';
import { serviceRef } from './ref.ts';

/** Deletes a service once no plugin refuses: its revisions and variables go with it. */
export async function deleteService(
  ctx: Pick<PluginContext, 'hooks' | 'store'>,
  principal: Principal,
  service: Service,
  signal: AbortSignal,
): Promise<void> {
  await ctx.hooks.run(ServiceDelete, { service: service.id, organisation: service.organisation }, { signal });
  await ctx.store.for(principal).transaction(async (unit) => {
    const deleted = await unit.em.nativeDelete(Service, { id: service.id });
    if (deleted === 0) return;
    await unit.em.nativeDelete(Variable, { owner: service.id });
    unit.emit(ServiceDeleted, serviceRef(service), service.organisation);
  });
}
