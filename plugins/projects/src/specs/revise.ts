import { isDeepStrictEqual } from 'node:util';
import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import type { ServiceSpec } from '../contract.ts';
import { ServiceChanged } from '../contract.ts';
import { Revision } from '../entities/revision.entity.ts';
import type { Service } from '../entities/service.entity.ts';
import { serviceRef } from '../services/ref.ts';
import type { Kept } from '../variables/kept.ts';
import { keptVariables } from '../variables/kept.ts';

type Ctx = Pick<PluginContext, 'clock' | 'random'>;

/** Writes the first revision of a service. */
export async function firstRevision(
  ctx: Ctx,
  unit: UnitOfWork,
  service: Service,
  by: Principal,
  reason = 'created',
): Promise<void> {
  await insertRevision(ctx, unit, service, { kept: await keptVariables(unit.em, service), reason, by });
}

/**
 * Appends a revision when spec or variables differ from the newest; the service is a managed row that the caller holds the lock of.
 * Answers whether there was a difference.
 */
export async function revise(
  ctx: Ctx,
  unit: UnitOfWork,
  service: Service,
  change: { spec?: ServiceSpec; reason: string; by: Principal },
): Promise<boolean> {
  const newest = await unit.em.findOneOrFail(Revision, { service: service.id, number: service.revision });
  const kept = await keptVariables(unit.em, service);
  const spec = change.spec ?? service.spec;
  const before = { variables: newest.variables, links: newest.links };
  if (isDeepStrictEqual(spec, newest.spec) && isDeepStrictEqual(kept, before)) return false;
  service.spec = spec;
  service.revision += 1;
  service.updatedAt = ctx.clock.now();
  await insertRevision(ctx, unit, service, { kept, reason: change.reason, by: change.by });
  unit.emit(ServiceChanged, serviceRef(service), service.organisation);
  return true;
}

async function insertRevision(
  ctx: Ctx,
  unit: UnitOfWork,
  service: Service,
  made: { kept: Kept; reason: string; by: Principal },
): Promise<void> {
  await unit.em.insert(Revision, {
    id: ctx.random.id(),
    organisation: service.organisation,
    service: service.id,
    number: service.revision,
    spec: service.spec,
    variables: [...made.kept.variables],
    links: made.kept.links,
    reason: made.reason,
    createdBy: made.by.name,
    createdAt: ctx.clock.now(),
  });
}
