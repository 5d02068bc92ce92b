import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import { ContainrError, notFound } from '@containr/sdk';
import { ChangesChanged } from '../contract.ts';
import { Change } from '../entities/change.entity.ts';
import { Environment } from '../entities/environment.entity.ts';
import { Service } from '../entities/service.entity.ts';
import { Variable } from '../entities/variable.entity.ts';
import { edgesOf, environmentGraph, referenceOrder } from '../references/edges.ts';
import type { Rolled } from '../references/edges.ts';
import { writeVariables } from '../variables/edit.ts';
import type { Owner } from '../variables/owner.ts';
import { withinQuota } from '../quotas/within.ts';
import { lockVariables, reachedBy, reviseThese } from '../variables/owner.ts';
import type { Edit } from '../variables/written.ts';
import { isStale } from './show.ts';
import { unstaged } from './stage.ts';
import type { WantedChange } from './wanted.ts';
import { requireFor } from './wanted.ts';

type Ctx = Pick<PluginContext, 'clock' | 'random' | 'secrets'>;

/** What is to be applied in an environment. */
export interface ApplyOrder {
  readonly environment: string;
  /** Some of what is staged; all of it when left out. */
  readonly ids?: readonly string[];
  /** These at once instead, whatever is staged. */
  readonly changes?: readonly WantedChange[];
  /** Applies also what was made from something that has been changed since. */
  readonly overwrite: boolean;
}

/** What applying did. */
export interface Applied {
  readonly count: number;
  /** Services that have a new revision, each after those that it reads from. */
  readonly revised: readonly (Rolled & { readonly revision: number })[];
}

/**
 * Applies changes together: one version of each owner's variables, one revision of each service that they reach. Nothing is applied
 * when one of them can't be. Throws `NOT_FOUND`, `FORBIDDEN`, `INVALID`, `CONFLICT_CHANGED` or `QUOTA_EXCEEDED`.
 */
export async function applyChanges(ctx: Ctx, unit: UnitOfWork, by: Principal, order: ApplyOrder): Promise<Applied> {
  const { em } = unit;
  const environment = await em.findOne(Environment, { id: order.environment });
  if (!environment) throw notFound('environment');
  await lockVariables(unit, environment.project);
  const changes = await wantedOf(ctx, unit, by, order);
  requireFor(
    by,
    changes.map((change) => change.target),
  );
  const services = await em.find(Service, { id: { $in: changes.map((change) => change.owner) } });
  if (!order.overwrite) await refuseStale(unit, changes, services);

  const reason = reasonOf(changes, services);
  const reached = new Set<string>();
  for (const [id, group] of Map.groupBy(ofVariables(changes), (change) => change.owner)) {
    const owner: Owner = { scope: group[0]?.scope ?? 'service', id };
    const written = await writeVariables(
      ctx,
      unit,
      owner,
      group.map((one) => editOf(ctx, one)),
      { by, reason },
    );
    if (written.changed > 0) for (const one of await reachedBy(em, owner)) reached.add(one);
  }
  const patches = new Map<string, unknown>();
  for (const change of changes) {
    if (change.target !== 'spec') continue;
    patches.set(change.owner, change.patch);
    reached.add(change.owner);
  }
  const revised = await withinQuota(unit, environment.organisation, () =>
    reviseThese(ctx, unit, [...reached], { reason, by, patches }),
  );
  await em.nativeDelete(Change, { id: { $in: changes.map((change) => change.id) } });
  unit.emit(ChangesChanged, { project: environment.project, environment: environment.id });
  return { count: changes.length, revised: await ordered(unit, environment.project, revised) };
}

/** Changes to apply: staged ones, or given ones. */
async function wantedOf(ctx: Ctx, unit: UnitOfWork, by: Principal, order: ApplyOrder): Promise<Change[]> {
  if (order.changes) return unstaged(ctx, unit, by, order.environment, order.changes);
  const some = order.ids === undefined ? {} : { id: { $in: [...order.ids] } };
  const found = await unit.em.find(
    Change,
    { environment: order.environment, ...some },
    { orderBy: { createdAt: 'asc', id: 'asc' } },
  );
  if (order.ids !== undefined && found.length < new Set(order.ids).size) throw notFound('staged change');
  return found;
}

async function refuseStale(unit: UnitOfWork, changes: readonly Change[], services: readonly Service[]): Promise<void> {
  const rows = await unit.em.find(Variable, { owner: { $in: [...new Set(changes.map((change) => change.owner))] } });
  const variables = new Map(rows.map((row) => [`${row.owner} ${row.name}`, row]));
  const stale = changes.filter((change) =>
    isStale(
      change,
      variables.get(`${change.owner} ${change.name}`),
      services.find((service) => service.id === change.owner),
    ),
  );
  if (stale.length === 0) return;
  const named = stale.map((change) => nameOf(change, services)).join(', ');
  throw new ContainrError({
    code: 'CONFLICT_CHANGED',
    status: 409,
    detail: `Somebody changed ${named} after ${stale.length === 1 ? 'this change was' : 'these changes were'} staged.`,
    hint: 'Look at the difference, then stage it again, drop it, or apply with overwrite.',
    errors: stale.map((change) => ({
      path: `/changes/${change.id}`,
      message: `${nameOf(change, services)} has changed`,
    })),
  });
}

function ofVariables(changes: readonly Change[]): Change[] {
  return changes.filter((change) => change.target === 'variable');
}

function editOf(ctx: Ctx, { id, name, kind, value, available }: Change): Edit {
  if (kind === null || value === null) return { name, to: null };
  return {
    name,
    to: { kind, value: kind === 'plain' ? value : ctx.secrets.open(id, value), available: available ?? 'both' },
  };
}

function nameOf(change: Change, services: readonly Service[]): string {
  const slug = services.find((service) => service.id === change.owner)?.slug ?? 'shared';
  return change.target === 'spec' ? `the settings of ${slug}` : `${slug}.${change.name}`;
}

/** For people: what is in a revision or version that came by applying. */
function reasonOf(changes: readonly Change[], services: readonly Service[]): string {
  const names = changes.slice(0, 3).map((change) => nameOf(change, services));
  const more = changes.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''} applied`;
}

/** In the order of references of each environment that is reached. */
async function ordered(unit: UnitOfWork, project: string, revised: readonly Service[]): Promise<Applied['revised']> {
  const result: (Rolled & { revision: number })[] = [];
  for (const [id, group] of Map.groupBy(revised, (service) => service.environment)) {
    const edges = edgesOf(await environmentGraph(unit.em, { id, project }));
    const revisions = new Map(group.map((service) => [service.id, service.revision]));
    for (const one of referenceOrder([...revisions.keys()], edges))
      result.push({ ...one, revision: revisions.get(one.service) ?? 0 });
  }
  return result;
}
