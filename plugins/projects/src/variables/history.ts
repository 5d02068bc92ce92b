import type { PluginContext, Principal } from '@containr/sdk';
import { can, notFound } from '@containr/sdk';
import type { VariableChangeDocument, VariableVersionDocument } from '../contract.ts';
import type { VariableChange } from '../entities/variable-version.entity.ts';
import { VariableVersion } from '../entities/variable-version.entity.ts';
import type { Edited } from './edit.ts';
import { editVariables, newestVersion } from './edit.ts';
import type { KeptVariable } from './kept.ts';
import { openValue } from './open.ts';
import type { Owner } from './owner.ts';
import { placeOf } from './owner.ts';
import type { Edit } from './written.ts';

type Ctx = Pick<PluginContext, 'store' | 'clock' | 'random' | 'secrets'>;

/** Changes of one version that are shown; it says how many there were. */
const shownChanges = 200;

/** A version as the API shows it: plain values to who may read variables, of secret ones only that they changed. */
export function showVersion(principal: Principal, row: VariableVersion): VariableVersionDocument {
  return {
    version: row.number,
    at: row.createdAt.toISOString(),
    by: row.createdBy,
    reason: row.reason,
    restored: row.restored,
    count: row.changes.length,
    changes: row.changes.slice(0, shownChanges).map((change) => showChange(principal, change)),
  };
}

/** One variable before and after. */
export function showChange(
  principal: Principal,
  { name, before, after }: { name: string; before: Shown | null; after: Shown | null },
): VariableChangeDocument {
  const shown = (one: Shown | null) =>
    one === null || one.kind !== 'plain' || !can(principal, 'variable:read') ? null : one.value;
  return {
    name,
    action: before === null ? 'added' : after === null ? 'removed' : 'changed',
    kind: (after ?? before)?.kind ?? 'plain',
    kindBefore: before?.kind ?? null,
    before: shown(before),
    after: shown(after),
  };
}

type Shown = Pick<KeptVariable, 'kind' | 'value'>;

/**
 * Brings back the variables of an owner as they were after a version (0: before the first), as a new version. Throws `NOT_FOUND`,
 * `FORBIDDEN` for sealed ones, or `SECRET_UNREADABLE`.
 */
export async function restoreVariables(ctx: Ctx, principal: Principal, owner: Owner, version: number): Promise<Edited> {
  return ctx.store.for(principal).transaction(async (unit) => {
    await placeOf(unit.em, owner);
    if (version > (await newestVersion(unit.em, owner))) throw notFound('version of these variables');
    const later = await unit.em.find(
      VariableVersion,
      { owner: owner.id, number: { $gt: version } },
      { orderBy: { number: 'asc' } },
    );
    const edits = editsBack(
      later.map((row) => row.changes),
      (kept) => openValue(ctx.secrets, kept),
    );
    const note = { by: principal, reason: `version ${version} brought back`, restored: version };
    return editVariables(ctx, unit, owner, edits, note);
  });
}

/** What undoes versions, given oldest first: of each name the oldest `before`. */
export function editsBack(
  versions: readonly (readonly VariableChange[])[],
  open: (kept: KeptVariable) => string,
): Edit[] {
  const edits = new Map<string, Edit>();
  for (const { name, before } of versions.flat()) {
    if (edits.has(name)) continue;
    edits.set(name, {
      name,
      to: before && { kind: before.kind, value: open(before), available: before.available ?? 'both' },
    });
  }
  return [...edits.values()];
}
