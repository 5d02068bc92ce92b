import type { EntityManager } from '@mikro-orm/core';
import type { Principal } from '@containr/sdk';
import type { ChangeDocument } from '../contract.ts';
import { defaultSpec } from '../contract.ts';
import type { Change } from '../entities/change.entity.ts';
import { Environment } from '../entities/environment.entity.ts';
import { Project } from '../entities/project.entity.ts';
import { Service } from '../entities/service.entity.ts';
import { Variable } from '../entities/variable.entity.ts';
import { fillFrom, mergePatch } from '../specs/merge-patch.ts';
import { showChange } from '../variables/history.ts';
import { at, leavesOf, movedOn, specBase, variableBase } from './base.ts';

/** Staged changes with what they change now, and whether that is another than what they were made from. */
export async function showChanges(
  em: EntityManager,
  principal: Principal,
  changes: readonly Change[],
): Promise<ChangeDocument[]> {
  const ids = { $in: [...new Set(changes.map((change) => change.owner))] };
  const services = new Map((await em.find(Service, { id: ids })).map((row) => [row.id, row]));
  const others = [...(await em.find(Environment, { id: ids })), ...(await em.find(Project, { id: ids }))];
  const slugs = new Map([...services.values(), ...others].map((row) => [row.id, row.slug]));
  const rows = new Map(
    (await em.find(Variable, { owner: ids })).map((row) => [`${row.owner} ${row.name}`, row] as const),
  );
  return changes.map((change) => {
    const service = services.get(change.owner);
    const row = rows.get(`${change.owner} ${change.name}`);
    return {
      id: change.id,
      environment: change.environment,
      target: change.target,
      scope: change.scope,
      owner: change.owner,
      slug: slugs.get(change.owner) ?? '',
      variable: change.target === 'variable' ? showChange(principal, shown(change, row)) : null,
      spec: change.target === 'spec' && service ? specFields(service, change.patch) : null,
      conflict: isStale(change, row, service),
      by: change.createdBy,
      at: change.updatedAt.toISOString(),
    };
  });
}

/** Whether what a change was made from has been changed since. */
export function isStale(change: Change, row: Variable | undefined, service: Service | undefined): boolean {
  if (change.target === 'variable') return movedOn(change.base, variableBase(row));
  return service === undefined || movedOn(change.base, specBase(service.spec, change.patch));
}

function shown(change: Change, row: Variable | undefined) {
  const after = change.kind === null || change.value === null ? null : { kind: change.kind, value: change.value };
  return { name: change.name, before: row ?? null, after };
}

function specFields(service: Service, patch: unknown) {
  const after = fillFrom(defaultSpec, mergePatch(service.spec, patch));
  return leavesOf(patch).map((path) => ({ path, before: at(service.spec, path), after: at(after, path) }));
}
