import { isDeepStrictEqual } from 'node:util';
import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import type { ServiceSpec } from '../contract.ts';
import { ServiceChanged } from '../contract.ts';
import { Revision } from '../entities/revision.entity.ts';
import type { Service } from '../entities/service.entity.ts';
import { serviceRef } from '../services/ref.ts';
import { effectiveVariables } from '../variables/kept.ts';

type Ctx = Pick<PluginContext, 'clock' | 'random'>;

/** Writes the first revision of a service. */
export async function firstRevision(ctx: Ctx, unit: UnitOfWork, service: Service, by: Principal): Promise<void> {
  const variables = await effectiveVariables(unit.em, service);
  await insertRevision(ctx, unit, service, { variables, reason: 'created', by });
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
  const variables = await effectiveVariables(unit.em, service);
  const spec = change.spec ?? service.spec;
  if (isDeepStrictEqual(spec, newest.spec) && isDeepStrictEqual(variables, newest.variables)) return false;
  service.spec = spec;
  service.revision += 1;
  service.updatedAt = ctx.clock.now();
  await insertRevision(ctx, unit, service, { variables, reason: change.reason, by: change.by });
  unit.emit(ServiceChanged, serviceRef(service), service.organisation);
  return true;
}

async function insertRevision(
  ctx: Ctx,
  unit: UnitOfWork,
  service: Service,
  made: { variables: Awaited<ReturnType<typeof effectiveVariables>>; reason: string; by: Principal },
): Promise<void> {
  await unit.em.insert(Revision, {
    id: ctx.random.id(),
    organisation: service.organisation,
    service: service.id,
    number: service.revision,
    spec: service.spec,
    variables: made.variables,
    reason: made.reason,
    createdBy: made.by.name,
    createdAt: ctx.clock.now(),
  });
}
