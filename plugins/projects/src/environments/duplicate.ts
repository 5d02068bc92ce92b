import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import { slugOf } from '@containr/sdk';
import { requirePermission } from '../changes/wanted.ts';
import { ProjectChanged, ServiceCreated } from '../contract.ts';
import { Environment } from '../entities/environment.entity.ts';
import { Service } from '../entities/service.entity.ts';
import { Variable } from '../entities/variable.entity.ts';
import { refusing } from '../preconditions.ts';
import { withinQuota } from '../quotas/within.ts';
import { serviceRef } from '../services/ref.ts';
import { firstRevision } from '../specs/revise.ts';
import { requireSecretWrite } from '../variables/check.ts';
import { lockVariables } from '../variables/owner.ts';
import { copyVariables } from './copy-variables.ts';
import { findEnvironment } from './show.ts';

type Ctx = Pick<PluginContext, 'clock' | 'random' | 'secrets' | 'store'>;

/** What the copy is called. */
export interface Duplicate {
  readonly from: string;
  readonly name: string;
  readonly slug?: string;
  readonly kind: Environment['kind'];
}

/**
 * Copies an environment with its services, their specs and all variables, in one step: slugs stay, so references lead to the services
 * of the copy. Nothing is deployed; domains, staged changes and history stay where they are. Throws `NOT_FOUND`, `FORBIDDEN`,
 * `CONFLICT_SLUG` or `SECRET_UNREADABLE`.
 */
export async function duplicateEnvironment(ctx: Ctx, by: Principal, wanted: Duplicate): Promise<Environment> {
  const slug = wanted.slug ?? slugOf(wanted.name, 'environment');
  return refusing('an environment', slug, async () =>
    ctx.store.for(by).transaction(async (unit) => {
      const { em } = unit;
      const source = await findEnvironment(em, wanted.from);
      await lockVariables(unit, source.project);
      const services = await em.find(Service, { environment: source.id }, { orderBy: { createdAt: 'asc', id: 'asc' } });
      await requireForCopy(unit, by, source, services);
      const now = ctx.clock.now();
      const { organisation, project } = source;
      const of = { organisation, project, createdAt: now, updatedAt: now };
      const name = wanted.name.trim();
      const copy = em.create(Environment, { id: ctx.random.id(), slug, name, kind: wanted.kind, ...of });
      await em.persist(copy).flush();
      const note = { by, reason: `copied from ${source.slug}` };
      await copyVariables(
        ctx,
        unit,
        { from: { scope: 'environment', id: source.id }, to: { scope: 'environment', id: copy.id } },
        note,
      );
      for (const service of await withinQuota(unit, organisation, () =>
        copyServices(ctx, unit, { services, copy, note }),
      )) {
        await firstRevision(ctx, unit, service, by, note.reason);
        unit.emit(ServiceCreated, serviceRef(service), service.organisation);
      }
      unit.emit(ProjectChanged, { project });
      return copy;
    }),
  );
}

/** All services with their variables, before any of them gets its revision: that one has what its references lead to. */
async function copyServices(
  ctx: Ctx,
  unit: UnitOfWork,
  from: { services: readonly Service[]; copy: Environment; note: { by: Principal; reason: string } },
): Promise<Service[]> {
  const { em } = unit;
  const copies: Service[] = [];
  for (const row of from.services) {
    const { organisation, project, slug, name, kind, spec } = row;
    const { id: environment, createdAt, updatedAt } = from.copy;
    const made = { organisation, project, environment, slug, name, kind, spec, createdAt, updatedAt };
    const copy = em.create(Service, { id: ctx.random.id(), revision: 1, ...made });
    await em.persist(copy).flush();
    await copyVariables(
      ctx,
      unit,
      { from: { scope: 'service', id: row.id }, to: { scope: 'service', id: copy.id } },
      from.note,
    );
    copies.push(copy);
  }
  return copies;
}

/** Who copies needs what making each thing needs. Throws `FORBIDDEN`. */
async function requireForCopy(
  { em }: UnitOfWork,
  by: Principal,
  source: Environment,
  services: readonly Service[],
): Promise<void> {
  if (services.length > 0) requirePermission(by, 'service:write');
  const owners = [source.id, ...services.map((service) => service.id)];
  const variables = await em.find(Variable, { owner: { $in: owners } }, { fields: ['id', 'kind'] });
  if (variables.length > 0) requirePermission(by, 'variable:write');
  requireSecretWrite(by, ...variables.map((variable) => variable.kind));
}
