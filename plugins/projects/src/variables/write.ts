import type { PluginContext, Principal } from '@containr/sdk';
import { can, conflict, ContainrError, invalid, notFound } from '@containr/sdk';
import { Variable } from '../entities/variable.entity.ts';
import type { Owner } from './owner.ts';
import { organisationOf, reviseReached } from './owner.ts';

type Ctx = Pick<PluginContext, 'store' | 'clock' | 'random' | 'secrets'>;
type Kind = Variable['kind'];

function requireSecretWrite(principal: Principal, ...kinds: readonly Kind[]): void {
  if (!kinds.includes('sealed') || can(principal, 'secret:write')) return;
  throw new ContainrError({
    code: 'FORBIDDEN',
    status: 403,
    detail: 'Setting a sealed variable needs the permission secret:write.',
    hint: 'Ask an owner for it, or set a variable of another kind.',
  });
}

function keep(ctx: Ctx, id: string, kind: Kind, value: string): string {
  return kind === 'plain' ? value : ctx.secrets.seal(id, value);
}

/** Makes a variable. Throws `CONFLICT_NAME` when there is one of that name. */
export async function createVariable(
  ctx: Ctx,
  principal: Principal,
  owner: Owner,
  wanted: { name: string; kind: Kind; value: string },
): Promise<Variable> {
  requireSecretWrite(principal, wanted.kind);
  return ctx.store.for(principal).transaction(async (unit) => {
    const organisation = await organisationOf(unit.em, owner);
    if ((await unit.em.count(Variable, { owner: owner.id, name: wanted.name })) > 0) {
      throw conflict('CONFLICT_NAME', `There is already a variable ${wanted.name} here.`, 'Change that one instead.');
    }
    const now = ctx.clock.now();
    const id = ctx.random.id();
    const { name, kind } = wanted;
    const variable = unit.em.create(Variable, {
      id,
      organisation,
      scope: owner.scope,
      owner: owner.id,
      name,
      kind,
      value: keep(ctx, id, kind, wanted.value),
      createdAt: now,
      updatedAt: now,
    });
    await unit.em.persist(variable).flush();
    await reviseReached(ctx, unit, owner, { reason: `variable ${name} set`, by: principal });
    return variable;
  });
}

/** Changes a variable's value or kind; another kind needs the value again, so that nothing sealed is shown by a detour. */
export async function changeVariable(
  ctx: Ctx,
  principal: Principal,
  id: string,
  change: { kind?: Kind; value?: string },
): Promise<Variable> {
  return ctx.store.for(principal).transaction(async (unit) => {
    const variable = await unit.em.findOne(Variable, { id });
    if (!variable) throw notFound('variable');
    const kind = change.kind ?? variable.kind;
    requireSecretWrite(principal, kind, variable.kind);
    if (kind !== variable.kind && change.value === undefined)
      throw invalid('Another kind needs the value again.', [{ path: '/value', message: 'is missing' }]);
    if (change.value === undefined) return variable;
    if (kind === 'plain' && variable.kind === 'plain' && change.value === variable.value) return variable;
    variable.kind = kind;
    variable.value = keep(ctx, id, kind, change.value);
    variable.updatedAt = ctx.clock.now();
    await unit.em.flush();
    await reviseReached(
      ctx,
      unit,
      { scope: variable.scope, id: variable.owner },
      { reason: `variable ${variable.name} changed`, by: principal },
    );
    return variable;
  });
}

/** Deletes a variable. */
export async function deleteVariable(ctx: Ctx, principal: Principal, id: string): Promise<void> {
  await ctx.store.for(principal).transaction(async (unit) => {
    const variable = await unit.em.findOne(Variable, { id });
    if (!variable) throw notFound('variable');
    requireSecretWrite(principal, variable.kind);
    await unit.em.nativeDelete(Variable, { id });
    await reviseReached(
      ctx,
      unit,
      { scope: variable.scope, id: variable.owner },
      { reason: `variable ${variable.name} deleted`, by: principal },
    );
  });
}
