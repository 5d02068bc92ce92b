import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import { conflict, invalid, notFound } from '@containr/sdk';
import { Variable } from '../entities/variable.entity.ts';
import { requireSecretWrite } from './check.ts';
import { defaultAvailability } from './default-availability.ts';
import { editVariables } from './edit.ts';
import type { Owner } from './owner.ts';
import { placeOf } from './owner.ts';
import type { Written } from './written.ts';

type Ctx = Pick<PluginContext, 'store' | 'clock' | 'random' | 'secrets'>;

/** Makes a variable. Throws `CONFLICT_NAME` when there is one of that name. */
export async function createVariable(
  ctx: Ctx,
  principal: Principal,
  owner: Owner,
  wanted: { name: string; kind: Written['kind']; value: string; available?: Written['available'] },
): Promise<Variable> {
  const { name, kind, value, available = defaultAvailability(name) } = wanted;
  return ctx.store.for(principal).transaction(async (unit) => {
    await placeOf(unit.em, owner);
    if ((await unit.em.count(Variable, { owner: owner.id, name })) > 0) {
      throw conflict('CONFLICT_NAME', `There is already a variable ${name} here.`, 'Change that one instead.');
    }
    const note = { reason: `variable ${name} set`, by: principal };
    await editVariables(ctx, unit, owner, [{ name, to: { kind, value, available } }], note);
    return unit.em.findOneOrFail(Variable, { owner: owner.id, name });
  });
}

/** Changes a variable; another kind needs the value again, so that nothing sealed is shown by a detour. */
export async function changeVariable(
  ctx: Ctx,
  principal: Principal,
  id: string,
  change: Partial<Written>,
): Promise<Variable> {
  return ctx.store.for(principal).transaction(async (unit) => {
    const variable = await find(unit, id);
    const kind = change.kind ?? variable.kind;
    requireSecretWrite(principal, kind, variable.kind);
    if (change.value === undefined && kind !== variable.kind)
      throw invalid('Another kind needs the value again.', [{ path: '/value', message: 'is missing' }]);
    const available =
      change.available ?? (kind === variable.kind ? variable.available : defaultAvailability(variable.name));
    if (change.value === undefined && available === variable.available) return variable;
    const value =
      change.value ?? (variable.kind === 'plain' ? variable.value : ctx.secrets.open(variable.id, variable.value));
    const note = { reason: `variable ${variable.name} changed`, by: principal };
    await editVariables(
      ctx,
      unit,
      ownerOfRow(variable),
      [{ name: variable.name, to: { kind, value, available } }],
      note,
    );
    return variable;
  });
}

/** Deletes a variable. */
export async function deleteVariable(ctx: Ctx, principal: Principal, id: string): Promise<void> {
  await ctx.store.for(principal).transaction(async (unit) => {
    const variable = await find(unit, id);
    const note = { reason: `variable ${variable.name} deleted`, by: principal };
    await editVariables(ctx, unit, ownerOfRow(variable), [{ name: variable.name, to: null }], note);
  });
}

async function find(unit: UnitOfWork, id: string): Promise<Variable> {
  const variable = await unit.em.findOne(Variable, { id });
  if (!variable) throw notFound('variable');
  return variable;
}

function ownerOfRow({ scope, owner }: Variable): Owner {
  return { scope, id: owner };
}
