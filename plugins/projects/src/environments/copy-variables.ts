import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import { Variable } from '../entities/variable.entity.ts';
import { VariableVersion } from '../entities/variable-version.entity.ts';
import { keep } from '../variables/kept.ts';
import { openValue } from '../variables/open.ts';
import type { Owner } from '../variables/owner.ts';
import { copyLayout } from '../variables/text.ts';

/** Whose variables are copied to whom. */
export interface CopiedOwner {
  readonly from: Owner;
  readonly to: Owner;
}

/**
 * Copies all variables of one owner to a new one, as its first version: what is secret is sealed again under the id of its copy, and
 * who may have a sealed value flow into it stays who it was. Answers how many. Throws `SECRET_UNREADABLE`.
 */
export async function copyVariables(
  ctx: Pick<PluginContext, 'clock' | 'random' | 'secrets'>,
  unit: UnitOfWork,
  { from, to }: CopiedOwner,
  note: { by: Principal; reason: string },
): Promise<number> {
  const { em } = unit;
  const rows = await em.find(Variable, { owner: from.id }, { orderBy: { name: 'asc' } });
  const [first] = rows;
  if (!first) return 0;
  const now = ctx.clock.now();
  const copies = rows.map((row) => {
    const id = ctx.random.id();
    const value = row.kind === 'plain' ? row.value : ctx.secrets.seal(id, openValue(ctx.secrets, keep(row)));
    const { organisation, name, kind, available, refs, mayUseSealed } = row;
    const made = { id, organisation, name, kind, available, refs, mayUseSealed, value };
    return em.create(Variable, { ...made, scope: to.scope, owner: to.id, createdAt: now, updatedAt: now });
  });
  await em.persist(copies).flush();
  await em.insert(VariableVersion, {
    id: ctx.random.id(),
    organisation: first.organisation,
    scope: to.scope,
    owner: to.id,
    number: 1,
    reason: note.reason,
    restored: null,
    changes: copies.map((copy) => ({ name: copy.name, before: null, after: keep(copy) })),
    createdBy: note.by.name,
    createdAt: now,
  });
  await copyLayout(ctx, unit, from, to);
  return copies.length;
}
