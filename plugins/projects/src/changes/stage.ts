import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import { invalid, notFound } from '@containr/sdk';
import type { Change } from '../entities/change.entity.ts';
import { Change as Changes } from '../entities/change.entity.ts';
import { Environment } from '../entities/environment.entity.ts';
import { Service } from '../entities/service.entity.ts';
import { Variable } from '../entities/variable.entity.ts';
import { patchSpec } from '../specs/complete.ts';
import { checkWritten } from '../variables/check.ts';
import { defaultAvailability } from '../variables/default-availability.ts';
import type { Owner, Place } from '../variables/owner.ts';
import { ownerOf, placeOf } from '../variables/owner.ts';
import { editsOf, keepLayout, requireReadable } from '../variables/text.ts';
import type { Edit } from '../variables/written.ts';
import { isObject } from '../specs/merge-patch.ts';
import { composePatches, specBase, variableBase } from './base.ts';
import type { WantedChange } from './wanted.ts';
import { requireFor } from './wanted.ts';

type Ctx = Pick<PluginContext, 'clock' | 'random' | 'secrets'>;

/**
 * Collects changes in an environment; one of the same variable or spec takes the place of the earlier, patches of a spec add up.
 * Throws `NOT_FOUND`, `FORBIDDEN` or `INVALID`.
 */
export async function stage(
  ctx: Ctx,
  unit: UnitOfWork,
  by: Principal,
  environment: string,
  wanted: readonly WantedChange[],
): Promise<Change[]> {
  const { em } = unit;
  const wishes = await changesWanted(ctx, unit, by, environment, wanted);
  const present = await em.find(Changes, { environment, owner: { $in: [...new Set(wishes.map((one) => one.owner))] } });
  const changes = new Map(present.map((row) => [keyOf(row), row]));
  const staged = new Set<Change>();
  for (const wish of wishes) {
    const before = changes.get(keyOf(wish)) ?? null;
    const made = changeFrom(ctx, by, wish, before);
    const row = before ? Object.assign(before, made) : em.create(Changes, made);
    if (!before) em.persist(row);
    changes.set(keyOf(wish), row);
    staged.add(row);
  }
  await em.flush();
  return [...staged];
}

/** Changes as if they were staged alone, without being written: what is staged is left as it is. */
export async function unstaged(
  ctx: Ctx,
  unit: UnitOfWork,
  by: Principal,
  environment: string,
  wanted: readonly WantedChange[],
): Promise<Change[]> {
  const changes = new Map<string, Change>();
  for (const wish of await changesWanted(ctx, unit, by, environment, wanted))
    changes.set(keyOf(wish), changeFrom(ctx, by, wish, changes.get(keyOf(wish)) ?? null));
  return [...changes.values()];
}

/** One change that somebody wants, checked, with what is there now. */
interface Wish {
  readonly environment: Environment;
  readonly target: Change['target'];
  readonly scope: Change['scope'];
  readonly owner: string;
  readonly name: string;
  readonly to: Edit['to'];
  readonly patch: Record<string, unknown> | null;
  readonly now: Variable | Service | undefined;
}

async function changesWanted(
  ctx: Ctx,
  unit: UnitOfWork,
  by: Principal,
  id: string,
  wanted: readonly WantedChange[],
): Promise<Wish[]> {
  const { em } = unit;
  const environment = await em.findOne(Environment, { id });
  if (!environment) throw notFound('environment');
  requireFor(
    by,
    wanted.map((one) => (one.spec ? 'spec' : 'variable')),
  );
  const wishes: Wish[] = [];
  for (const one of wanted) {
    if (one.spec) {
      const { patch } = one.spec;
      const service = await em.findOne(Service, { id: one.spec.service, environment: id });
      if (!service) throw notFound('service');
      patchSpec(service.spec, patch);
      const of = { target: 'spec', scope: 'service', owner: service.id, name: '', to: null } as const;
      wishes.push({ environment, ...of, patch, now: service });
      continue;
    }
    const { owner, edits } = await editsWanted(ctx, unit, environment, one);
    const place = await inside(unit, environment, owner);
    const rows = new Map((await em.find(Variable, { owner: owner.id })).map((row) => [row.name, row]));
    await checkWritten(em, place, owner, by, edits, rows);
    for (const { name, to } of edits) {
      const of = { target: 'variable', scope: owner.scope, owner: owner.id, patch: null } as const;
      wishes.push({ environment, ...of, name, to, now: rows.get(name) });
    }
  }
  return wishes;
}

function keyOf({ target, owner, name }: Pick<Change, 'target' | 'owner' | 'name'>): string {
  return `${owner} ${target} ${name}`;
}

/** What a wish makes of the change that was there; patches of a spec add up. */
function changeFrom(ctx: Ctx, by: Principal, wish: Wish, before: Change | null): Change {
  const patch = wish.patch && before?.patch ? asPatch(composePatches(before.patch, wish.patch)) : wish.patch;
  return changeOf(ctx, by, { ...wish, patch, base: baseOf(wish, patch) }, before);
}

function baseOf({ now }: Wish, patch: unknown): unknown {
  return now && 'spec' in now ? specBase(now.spec, patch) : variableBase(now);
}

function asPatch(patch: unknown): Record<string, unknown> {
  return isObject(patch) ? { ...patch } : {};
}

/** Edits that a wanted variable or text comes down to. */
async function editsWanted(
  ctx: Ctx,
  unit: UnitOfWork,
  environment: Environment,
  one: WantedChange,
): Promise<{ owner: Owner; edits: readonly Edit[] }> {
  if (one.text) {
    const owner = ownerOf(one.text);
    const { organisation } = await inside(unit, environment, owner);
    const { text, merge = false, kind = 'plain' } = one.text;
    const taken = await editsOf(unit.em, owner, { text, merge, kind });
    requireReadable(taken);
    await keepLayout(ctx, unit, owner, organisation, { parsed: taken.parsed, merge });
    return { owner, edits: await different(unit, owner, taken.edits) };
  }
  const variable = one.variable;
  if (!variable) throw invalid('A change is of a variable, a text or a spec.', [{ path: '', message: 'is empty' }]);
  const owner = ownerOf(variable);
  const { name, value } = variable;
  if (value === null) return { owner, edits: [{ name, to: null }] };
  const row = await unit.em.findOne(Variable, { owner: owner.id, name });
  const kind = variable.kind ?? row?.kind ?? 'plain';
  const kept = row?.kind === kind ? row.available : undefined;
  const available = variable.available ?? kept ?? defaultAvailability(name);
  return { owner, edits: [{ name, to: { kind, value, available } }] };
}

/** Of a text only what is plain and the same is left out: what is secret is not opened to be staged. */
async function different(unit: UnitOfWork, owner: Owner, edits: readonly Edit[]): Promise<Edit[]> {
  const rows = new Map((await unit.em.find(Variable, { owner: owner.id })).map((row) => [row.name, row]));
  return edits.filter(({ name, to }) => {
    const row = rows.get(name);
    return !(row && to && row.kind === 'plain' && row.value === to.value);
  });
}

/** An owner must be the environment, in it, or its project. Throws `NOT_FOUND`. */
async function inside(unit: UnitOfWork, environment: Environment, owner: Owner): Promise<Place> {
  const where = await placeOf(unit.em, owner);
  if (where.project !== environment.project || (where.environment ?? environment.id) !== environment.id)
    throw notFound(`${owner.scope} in this environment`);
  return where;
}

function changeOf(ctx: Ctx, by: Principal, wish: Wish & { base: unknown }, before: Change | null): Change {
  const { environment, target, scope, owner, name, to, patch, base } = wish;
  const now = ctx.clock.now();
  const id = before?.id ?? ctx.random.id();
  return {
    id,
    organisation: environment.organisation,
    project: environment.project,
    environment: environment.id,
    target,
    scope,
    owner,
    name,
    kind: to?.kind ?? null,
    available: to?.available ?? null,
    value: to === null ? null : to.kind === 'plain' ? to.value : ctx.secrets.seal(id, to.value),
    patch,
    base,
    createdBy: by.name,
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
  };
}
