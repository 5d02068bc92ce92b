import type { PluginContext, Principal } from '@containr/sdk';
import { ServiceDelete, ServiceDeleted } from '../contract.ts';
import { Service } from '../entities/service.entity.ts';
import { dependantsOf } from '../variables/dependants.ts';
import { forgetVariables } from '../variables/forget.ts';
import { reviseThese } from '../variables/owner.ts';
import { serviceRef } from './ref.ts';

/** Deletes a service once no plugin refuses: its revisions and variables go with it. */
export async function deleteService(
  ctx: Pick<PluginContext, 'clock' | 'hooks' | 'random' | 'store'>,
  principal: Principal,
  service: Service,
  signal: AbortSignal,
): Promise<void> {
  await ctx.hooks.run(ServiceDelete, { service: service.id, organisation: service.organisation }, { signal });
  await ctx.store.for(principal).transaction(async (unit) => {
    const deleted = await unit.em.nativeDelete(Service, { id: service.id });
    if (deleted === 0) return;
    await forgetVariables(unit, [service.id]);
    await reviseThese(ctx, unit, await dependantsOf(unit.em, service, [service.slug]), {
      reason: `service ${service.slug} deleted`,
      by: principal,
    });
    unit.emit(ServiceDeleted, serviceRef(service), service.organisation);
  });
}
