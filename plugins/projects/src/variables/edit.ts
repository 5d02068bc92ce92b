import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import { can } from '@containr/sdk';
import { ProjectChanged } from '../contract.ts';
import type { Service } from '../entities/service.entity.ts';
import type { Variable } from '../entities/variable.entity.ts';
import { Variable as Variables } from '../entities/variable.entity.ts';
import type { VariableChange } from '../entities/variable-version.entity.ts';
import { VariableVersion } from '../entities/variable-version.entity.ts';
import { referencesIn } from '../references/parse.ts';
import { checkWritten } from './check.ts';
import { keep } from './kept.ts';
import { openValue } from './open.ts';
import type { Owner, Place } from './owner.ts';
import { lockVariables, placeOf, reviseReached } from './owner.ts';
import type { Edit, Written } from './written.ts';

type Ctx = Pick<PluginContext, 'clock' | 'random' | 'secrets'>;

/** What editing did. */
export interface Edited {
  /** Number of the version that it made; the newest one when nothing was different. */
  readonly version: number;
  readonly changed: number;
  /** Services that have a new revision by it. */
  readonly revised: readonly Service[];
}

/** Why and by whom variables are edited. */
export interface EditNote {
  readonly by: Principal;
  readonly reason: string;
  readonly restored?: number;
}

/**
 * Brings variables of one owner to what they should be, as one version and at most one revision of each service that they reach.
 * Throws `NOT_FOUND`, `FORBIDDEN` for sealed ones, or `INVALID` with the wrong ones.
 */
export async function editVariables(
  ctx: Ctx,
  unit: UnitOfWork,
  owner: Owner,
  edits: readonly Edit[],
  note: EditNote,
): Promise<Edited> {
  const written = await writeVariables(ctx, unit, owner, edits, note);
  return { ...written, revised: written.changed === 0 ? [] : await reviseReached(ctx, unit, owner, note) };
}

/** As {@link editVariables}, without revisions: the caller makes them, one for all that it changes. */
export async function writeVariables(
  ctx: Ctx,
  unit: UnitOfWork,
  owner: Owner,
  edits: readonly Edit[],
  note: EditNote,
): Promise<Omit<Edited, 'revised'>> {
  const { em } = unit;
  const place = await placeOf(em, owner);
  await lockVariables(unit, place.project);
  const rows = new Map((await em.find(Variables, { owner: owner.id })).map((row) => [row.name, row]));
  await checkWritten(em, place, owner, note.by, edits, rows);
  const changes: VariableChange[] = [];
  for (const edit of edits) {
    const row = rows.get(edit.name);
    if (isAsWanted(ctx, row, edit.to)) continue;
    const before = row ? keep(row) : null;
    const after = edit.to ? write(ctx, unit, { owner, place, by: note.by }, row, edit.name, edit.to) : null;
    if (edit.to === null && row) em.remove(row);
    changes.push({ name: edit.name, before, after: after ? keep(after) : null });
  }
  const newest = await newestVersion(em, owner);
  if (changes.length === 0) return { version: newest, changed: 0 };
  await em.flush();
  await em.insert(VariableVersion, {
    id: ctx.random.id(),
    organisation: place.organisation,
    scope: owner.scope,
    owner: owner.id,
    number: newest + 1,
    reason: note.reason,
    restored: note.restored ?? null,
    changes,
    createdBy: note.by.name,
    createdAt: ctx.clock.now(),
  });
  if (owner.scope !== 'service') unit.emit(ProjectChanged, { project: place.project });
  return { version: newest + 1, changed: changes.length };
}

/** Number of the newest version of an owner's variables; 0 before the first. */
export async function newestVersion(em: UnitOfWork['em'], owner: Owner): Promise<number> {
  const [newest] = await em.find(
    VariableVersion,
    { owner: owner.id },
    { orderBy: { number: 'desc' }, limit: 1, fields: ['number'] },
  );
  return newest?.number ?? 0;
}

/** Whether nothing is to be done. A sealed value is never compared, so that no answer tells whether a guess was right. */
function isAsWanted(ctx: Ctx, row: Variable | undefined, to: Written | null): boolean {
  if (!row || to === null) return !row && to === null;
  if (row.kind !== to.kind || row.available !== availabilityOf(to) || row.kind === 'sealed') return false;
  return (row.kind === 'plain' ? row.value : openValue(ctx.secrets, keep(row))) === to.value;
}

function write(
  ctx: Ctx,
  unit: UnitOfWork,
  of: { owner: Owner; place: Place; by: Principal },
  row: Variable | undefined,
  name: string,
  to: Written,
): Variable {
  const now = ctx.clock.now();
  const id = row?.id ?? ctx.random.id();
  const refs = referencesIn(to.value);
  const written = {
    kind: to.kind,
    value: to.kind === 'plain' ? to.value : ctx.secrets.seal(id, to.value),
    available: availabilityOf(to),
    refs: refs.length > 0 ? refs : null,
    mayUseSealed: can(of.by, 'secret:write'),
    updatedAt: now,
  };
  if (row) return Object.assign(row, written);
  const { owner, place } = of;
  const made = { id, organisation: place.organisation, scope: owner.scope, owner: owner.id, name, createdAt: now };
  const fresh = unit.em.create(Variables, { ...made, ...written });
  unit.em.persist(fresh);
  return fresh;
}

/** What is secret is for replicas alone, so that is what stands there. */
function availabilityOf({ kind, available }: Written): Variable['available'] {
  return kind === 'plain' ? available : 'run';
}
