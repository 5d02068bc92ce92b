import type { EntityManager } from '@mikro-orm/core';
import { LockMode } from '@mikro-orm/core';
import { invalid, notFound } from '@containr/sdk';
import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import { Environment } from '../entities/environment.entity.ts';
import { Project } from '../entities/project.entity.ts';
import { Service } from '../entities/service.entity.ts';
import type { VariableScope } from '../entities/variable.entity.ts';
import { patchSpec } from '../specs/complete.ts';
import { revise } from '../specs/revise.ts';
import { dependantsOf } from './dependants.ts';

/** Whose a variable is. */
export interface Owner {
  readonly scope: VariableScope;
  readonly id: string;
}

/** Reads which one of `service`, `environment` and `project` is named. Throws `INVALID` unless it is exactly one. */
export function ownerOf(named: { service?: string; environment?: string; project?: string }): Owner {
  const owners = (['service', 'environment', 'project'] as const).flatMap((scope): Owner[] => {
    const id = named[scope];
    return id === undefined ? [] : [{ scope, id }];
  });
  const [owner] = owners;
  if (owner && owners.length === 1) return owner;
  throw invalid('A variable is of a service, an environment or a project.', [
    { path: '/service', message: 'exactly one of service, environment and project must be given' },
  ]);
}

/** Where an owner is. */
export interface Place {
  readonly organisation: string;
  readonly project: string;
  /** `null` for a project. */
  readonly environment: string | null;
  /** For people: the slug of the service, the environment or the project. */
  readonly slug: string;
}

/** Finds the owner in the caller's organisation. Throws `NOT_FOUND`. */
export async function placeOf(em: EntityManager, { scope, id }: Owner): Promise<Place> {
  if (scope === 'service') {
    const row = await em.findOne(Service, { id });
    if (row) return row;
  } else if (scope === 'environment') {
    const row = await em.findOne(Environment, { id });
    if (row) return { organisation: row.organisation, project: row.project, environment: row.id, slug: row.slug };
  } else {
    const row = await em.findOne(Project, { id });
    if (row) return { organisation: row.organisation, project: row.id, environment: null, slug: row.slug };
  }
  throw notFound(scope);
}

/** Until the transaction ends, no other one changes variables of this project: versions stay in order, and no two wait for each other. */
export async function lockVariables(unit: UnitOfWork, project: string): Promise<void> {
  const { em } = unit;
  await em
    .getConnection()
    .execute('select pg_advisory_xact_lock(hashtextextended(?, 12))', [project], 'all', em.getTransactionContext());
}

/**
 * Appends a revision to every service that the variables of `owner` reach and that they changed, also by references. Answers those
 * services.
 */
export async function reviseReached(
  ctx: Pick<PluginContext, 'clock' | 'random'>,
  unit: UnitOfWork,
  owner: Owner,
  change: { reason: string; by: Principal },
): Promise<Service[]> {
  return reviseThese(ctx, unit, await reachedBy(unit.em, owner), change);
}

/** Ids of the services that the variables of `owner` reach, also by references. */
export async function reachedBy(em: EntityManager, owner: Owner): Promise<string[]> {
  if (owner.scope === 'service') {
    const service = await em.findOneOrFail(Service, { id: owner.id });
    return [owner.id, ...(await dependantsOf(em, service, [service.slug]))];
  }
  const where = owner.scope === 'environment' ? { environment: owner.id } : { project: owner.id };
  return (await em.find(Service, where, { fields: ['id'] })).map((service) => service.id);
}

/**
 * Appends a revision to those of the services that are another now, `patches` of their specs put in. Locks them in one order, so that
 * no two wait for each other.
 */
export async function reviseThese(
  ctx: Pick<PluginContext, 'clock' | 'random'>,
  unit: UnitOfWork,
  ids: readonly string[],
  change: { reason: string; by: Principal; patches?: ReadonlyMap<string, unknown> },
): Promise<Service[]> {
  const services = await unit.em.find(
    Service,
    { id: { $in: [...new Set(ids)] } },
    { orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  const revised: Service[] = [];
  const { reason, by, patches } = change;
  for (const service of services) {
    const spec = patches?.has(service.id) ? patchSpec(service.spec, patches.get(service.id)) : service.spec;
    if (await revise(ctx, unit, service, { spec, reason, by })) revised.push(service);
  }
  return revised;
}
