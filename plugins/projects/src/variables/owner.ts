import type { EntityManager } from '@mikro-orm/core';
import { LockMode } from '@mikro-orm/core';
import { invalid, notFound } from '@containr/sdk';
import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import { Environment } from '../entities/environment.entity.ts';
import { Project } from '../entities/project.entity.ts';
import { Service } from '../entities/service.entity.ts';
import type { VariableScope } from '../entities/variable.entity.ts';
import { revise } from '../specs/revise.ts';

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

/** Finds the owner in the caller's organisation; answers that organisation. Throws `NOT_FOUND`. */
export async function organisationOf(em: EntityManager, owner: Owner): Promise<string> {
  const { id } = owner;
  const row =
    owner.scope === 'service'
      ? await em.findOne(Service, { id })
      : owner.scope === 'environment'
        ? await em.findOne(Environment, { id })
        : await em.findOne(Project, { id });
  if (!row) throw notFound(owner.scope);
  return row.organisation;
}

/** Appends a revision to every service that the variables of `owner` reach and that they changed. */
export async function reviseReached(
  ctx: Pick<PluginContext, 'clock' | 'random'>,
  unit: UnitOfWork,
  owner: Owner,
  change: { reason: string; by: Principal },
): Promise<void> {
  const where =
    owner.scope === 'service'
      ? { id: owner.id }
      : owner.scope === 'environment'
        ? { environment: owner.id }
        : { project: owner.id };
  const services = await unit.em.find(Service, where, { orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE });
  for (const service of services) await revise(ctx, unit, service, change);
}
