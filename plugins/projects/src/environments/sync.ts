import type { EntityManager } from '@mikro-orm/core';
import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import { conflict, notFound } from '@containr/sdk';
import { stage } from '../changes/stage.ts';
import type { WantedChange } from '../changes/wanted.ts';
import { requirePermission } from '../changes/wanted.ts';
import { ChangesChanged } from '../contract.ts';
import type { Change } from '../entities/change.entity.ts';
import { Service } from '../entities/service.entity.ts';
import { Variable } from '../entities/variable.entity.ts';
import { keep } from '../variables/kept.ts';
import { openValue } from '../variables/open.ts';
import { patchBetween } from './difference.ts';
import { findEnvironment } from './show.ts';

type Ctx = Pick<PluginContext, 'clock' | 'random' | 'secrets'>;

/** What a sync staged, and what it left for people to do. */
export interface Synced {
  readonly staged: readonly Change[];
  /** Slugs of services that only the other environment has. */
  readonly missing: readonly string[];
  /** Slugs of services that only this one has. */
  readonly extra: readonly string[];
  /** Sealed variables of both, as `service.NAME`: they are never compared, and stay as they are. */
  readonly sealed: readonly string[];
}

/**
 * Stages in an environment what it lacks to be as another one of its project: specs and variables of services with the same slug, and
 * what is shared in the environment. Throws `NOT_FOUND`, `FORBIDDEN`, `CONFLICT_SAME_ENVIRONMENT` or `SECRET_UNREADABLE`.
 */
export async function syncEnvironment(
  ctx: Ctx,
  unit: UnitOfWork,
  by: Principal,
  order: { environment: string; from: string },
): Promise<Synced> {
  const { em } = unit;
  const target = await findEnvironment(em, order.environment);
  const source = await findEnvironment(em, order.from);
  if (source.project !== target.project) throw notFound('environment in this project');
  if (source.id === target.id)
    throw conflict(
      'CONFLICT_SAME_ENVIRONMENT',
      `${target.slug} can't be made as itself.`,
      'Name another environment of the project.',
    );
  // What is staged tells whether secrets are the same.
  requirePermission(by, 'variable:read');
  const [theirs, ours] = [await servicesOf(em, source.id), await servicesOf(em, target.id)];
  const pairs = [...ours.values()].flatMap((to): [Service, Service][] => {
    const from = theirs.get(to.slug);
    return from ? [[from, to]] : [];
  });
  const rows = await variablesOf(em, [source.id, target.id, ...pairs.flat().map((service) => service.id)]);
  const between = (from: string, to: string) => differences(ctx, rows.get(from) ?? [], rows.get(to) ?? []);

  const shared = between(source.id, target.id);
  const wanted: WantedChange[] = shared.changes.map((one) => ({ variable: { environment: target.id, ...one } }));
  const sealed = shared.sealed.map((name) => `shared.${name}`);
  for (const [from, to] of pairs) {
    const patch = patchBetween(to.spec, from.spec);
    if (patch !== null) wanted.push({ spec: { service: to.id, patch } });
    const own = between(from.id, to.id);
    wanted.push(...own.changes.map((one) => ({ variable: { service: to.id, ...one } })));
    sealed.push(...own.sealed.map((name) => `${to.slug}.${name}`));
  }
  const staged = await stage(ctx, unit, by, target.id, wanted);
  if (staged.length > 0) unit.emit(ChangesChanged, { project: target.project, environment: target.id });
  const only = (some: ReadonlyMap<string, Service>, others: ReadonlyMap<string, Service>) =>
    [...some.keys()].filter((slug) => !others.has(slug)).sort();
  return { staged, missing: only(theirs, ours), extra: only(ours, theirs), sealed };
}

async function servicesOf(em: EntityManager, environment: string): Promise<ReadonlyMap<string, Service>> {
  const rows = await em.find(Service, { environment }, { orderBy: { slug: 'asc' } });
  return new Map(rows.map((row) => [row.slug, row]));
}

async function variablesOf(em: EntityManager, owners: readonly string[]): Promise<ReadonlyMap<string, Variable[]>> {
  const rows = await em.find(Variable, { owner: { $in: [...owners] } }, { orderBy: { name: 'asc' } });
  return Map.groupBy(rows, (row) => row.owner);
}

type WantedVariable = Omit<NonNullable<WantedChange['variable']>, 'project' | 'environment' | 'service'>;

/** What makes the variables of one owner those of another. */
function differences(
  ctx: Ctx,
  theirs: readonly Variable[],
  ours: readonly Variable[],
): { changes: WantedVariable[]; sealed: string[] } {
  const present = new Map(ours.map((row) => [row.name, row]));
  const names = new Set(theirs.map((row) => row.name));
  const sealed: string[] = [];
  const changes: WantedVariable[] = [];
  for (const row of theirs) {
    const { name, kind, available } = row;
    const own = present.get(name);
    if (kind === 'sealed' && own?.kind === 'sealed') {
      sealed.push(name);
      continue;
    }
    const value = openValue(ctx.secrets, keep(row));
    const same = own?.kind === kind && own.available === available && openValue(ctx.secrets, keep(own)) === value;
    if (!same) changes.push({ name, kind, available, value });
  }
  for (const { name } of ours) if (!names.has(name)) changes.push({ name, value: null });
  return { changes, sealed };
}
