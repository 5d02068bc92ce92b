import type { EntityManager } from '@mikro-orm/core';
import type { FieldError, Principal } from '@containr/sdk';
import { can, ContainrError, invalid } from '@containr/sdk';
import { Service } from '../entities/service.entity.ts';
import { Variable } from '../entities/variable.entity.ts';
import { sharedNode } from '../references/graph.ts';
import type { Reference } from '../references/parse.ts';
import { parseReferences, referencesIn, written } from '../references/parse.ts';
import type { Owner, Place } from './owner.ts';
import type { Edit } from './written.ts';

/**
 * Checks what is to be written before anything is: permissions for sealed ones, references, and that nothing secret is meant for
 * builds. Throws `FORBIDDEN` or `INVALID`.
 */
export async function checkWritten(
  em: EntityManager,
  place: Place,
  owner: Owner,
  by: Principal,
  edits: readonly Edit[],
  present: ReadonlyMap<string, Variable>,
): Promise<void> {
  const wrong: FieldError[] = [];
  for (const { name, to } of edits) {
    const before = present.get(name);
    requireSecretWrite(by, ...(before ? [before.kind] : []), ...(to ? [to.kind] : []));
    if (to === null) continue;
    const parsed = parseReferences(to.value);
    if (!parsed.ok) wrong.push({ path: '/value', message: `of ${name} ${parsed.message}` });
    if (to.kind !== 'plain' && to.available === 'build')
      wrong.push({ path: '/available', message: `of ${name} can't be build: what is secret never reaches a build` });
  }
  if (wrong.length > 0) throw invalid(`${wrong[0]?.message ?? ''}.`.replace(/^of /, 'The value of '), wrong);
  if (!can(by, 'secret:write')) await refuseSealed(em, place, owner, edits);
}

/** Who may not set sealed variables may not have them flow elsewhere either. */
async function refuseSealed(em: EntityManager, place: Place, owner: Owner, edits: readonly Edit[]): Promise<void> {
  for (const { name, to } of edits) {
    for (const reference of to ? referencesIn(to.value) : []) {
      if (!(await isSealed(em, place, owner, reference))) continue;
      throw new ContainrError({
        code: 'FORBIDDEN',
        status: 403,
        detail: `${name} refers to the sealed variable ${written(reference)}, and that needs the permission secret:write.`,
        hint: 'Ask an owner to set it, or refer to another variable.',
      });
    }
  }
}

async function isSealed(em: EntityManager, place: Place, owner: Owner, { service, name }: Reference): Promise<boolean> {
  const shared = [place.project, ...(place.environment === null ? [] : [place.environment])];
  const owners =
    service === null
      ? [owner.id, ...shared]
      : service === sharedNode
        ? shared
        : await servicesCalled(em, place, service);
  return (await em.count(Variable, { owner: { $in: owners }, name, kind: 'sealed' })) > 0;
}

async function servicesCalled(em: EntityManager, place: Place, slug: string): Promise<string[]> {
  const where = place.environment === null ? { project: place.project } : { environment: place.environment };
  return (await em.find(Service, { ...where, slug }, { fields: ['id'] })).map((row) => row.id);
}

/** Refuses who may not set sealed variables. Throws `FORBIDDEN`. */
export function requireSecretWrite(principal: Principal, ...kinds: readonly Variable['kind'][]): void {
  if (!kinds.includes('sealed') || can(principal, 'secret:write')) return;
  throw new ContainrError({
    code: 'FORBIDDEN',
    status: 403,
    detail: 'Setting a sealed variable needs the permission secret:write.',
    hint: 'Ask an owner for it, or set a variable of another kind.',
  });
}
