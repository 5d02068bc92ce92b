import type { PluginContext, Principal } from '@containr/sdk';
import { notFound, slugOf } from '@containr/sdk';
import { defaultSpec, ServiceCreated } from '../contract.ts';
import { Environment } from '../entities/environment.entity.ts';
import { Service } from '../entities/service.entity.ts';
import { refusing } from '../preconditions.ts';
import { patchSpec } from '../specs/complete.ts';
import { withinQuota } from '../quotas/within.ts';
import { firstRevision } from '../specs/revise.ts';
import { dependantsOf } from '../variables/dependants.ts';
import { reviseThese } from '../variables/owner.ts';
import { serviceRef } from './ref.ts';

/** What a new service is. */
export interface NewService {
  readonly environment: string;
  readonly name: string;
  readonly slug?: string;
  readonly kind: Service['kind'];
  readonly spec?: unknown;
}

/** Makes a service with its first revision. Throws `NOT_FOUND`, `CONFLICT_SLUG` or `INVALID`. */
export async function createService(
  ctx: Pick<PluginContext, 'store' | 'clock' | 'random'>,
  principal: Principal,
  wanted: NewService,
): Promise<Service> {
  const slug = wanted.slug ?? slugOf(wanted.name, 'service');
  const spec = patchSpec(defaultSpec, wanted.spec ?? {});
  return refusing('a service', slug, async () =>
    ctx.store.for(principal).transaction(async (unit) => {
      const { em } = unit;
      const environment = await em.findOne(Environment, { id: wanted.environment });
      if (!environment) throw notFound('environment');
      const now = ctx.clock.now();
      const service = em.create(Service, {
        id: ctx.random.id(),
        organisation: environment.organisation,
        project: environment.project,
        environment: environment.id,
        slug,
        name: wanted.name.trim(),
        kind: wanted.kind,
        revision: 1,
        spec,
        createdAt: now,
        updatedAt: now,
      });
      await withinQuota(unit, environment.organisation, () => em.persist(service).flush());
      await firstRevision(ctx, unit, service, principal);
      await reviseThese(ctx, unit, await dependantsOf(em, service, [slug]), {
        reason: `service ${slug} made`,
        by: principal,
      });
      unit.emit(ServiceCreated, serviceRef(service), service.organisation);
      return service;
    }),
  );
}
