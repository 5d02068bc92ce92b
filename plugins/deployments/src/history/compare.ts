import type { Principal } from '@containr/sdk';
import { can, conflict, ContainrError, isContainrError, notFound } from '@containr/sdk';
import type { Deployment } from '../entities/deployment.ts';
import { Deployment as Deployments } from '../entities/deployment.ts';
import { Phase } from '../entities/phase.ts';
import type { Road } from '../engine/road.ts';
import { storeOf } from '../engine/road.ts';
import { isOpen } from '../machine.ts';
import { driver } from '../replicas/drivers.ts';
import type { Comparison } from './documents.ts';
import { fieldChanges } from './field-changes.ts';

/**
 * Compares a deployment (`to`) with another of its service: the named one, else the one that serves, else the one before it. Of
 * variables only those who may read them see values, and nobody those of secrets. Throws `NOT_FOUND`, `FORBIDDEN` or
 * `CONFLICT_OTHER_SERVICE`.
 */
export async function compareDeployments(
  road: Road,
  principal: Principal & { readonly organisation: string },
  wanted: { readonly to: string; readonly from: string | null },
): Promise<Comparison> {
  requireServiceRead(principal);
  const { from, to, phases } = await sides(road, principal.organisation, wanted);
  const { changes } = await road.projects.compareVariables(
    { service: to.service, from: from.revision, to: to.revision },
    { principal },
  );
  return {
    from: sideOf(from),
    to: sideOf(to),
    source: [...fieldChanges(from.source, to.source)],
    spec: [...fieldChanges(from.spec, to.spec)],
    plan: [...fieldChanges(planOf(from), planOf(to))],
    variables: changes,
    artifact: {
      same: from.artifact !== null && from.artifact.id === to.artifact?.id,
      before: from.artifact?.id ?? null,
      after: to.artifact?.id ?? null,
    },
    phases: phaseTimes(from, to, phases),
    way: await wayTo(road, from, to),
  };
}

async function sides(
  road: Road,
  organisation: string,
  wanted: { readonly to: string; readonly from: string | null },
): Promise<{ from: Deployment; to: Deployment; phases: readonly Phase[] }> {
  return storeOf(road, organisation).transaction(async ({ em }) => {
    const to = await em.findOne(Deployments, { id: wanted.to, organisation });
    if (!to) throw notFound('deployment');
    const from =
      wanted.from === null
        ? ((await em.findOne(
            Deployments,
            { service: to.service, status: ['live', 'watching'], id: { $ne: to.id } },
            { orderBy: { number: 'desc' } },
          )) ??
          (await em.findOne(
            Deployments,
            { service: to.service, number: { $lt: to.number } },
            { orderBy: { number: 'desc' } },
          )))
        : await em.findOne(Deployments, { id: wanted.from, organisation });
    if (!from) throw notFound('deployment to compare with');
    if (from.service !== to.service)
      throw conflict(
        'CONFLICT_OTHER_SERVICE',
        `#${from.number} and #${to.number} are of different services, so their difference says nothing.`,
        'Compare two deployments of one service.',
      );
    return { from, to, phases: await em.find(Phase, { deployment: { $in: [from.id, to.id] } }) };
  });
}

function sideOf({ id, number, status, revision, createdBy, createdAt, liveAt }: Deployment): Comparison['from'] {
  return {
    id,
    number,
    status,
    revision,
    createdBy,
    createdAt: createdAt.toISOString(),
    liveAt: liveAt?.toISOString() ?? null,
  };
}

/** The plan without its reasons. */
function planOf({ plan }: Deployment): unknown {
  if (plan === null) return {};
  const { why: _why, ...rest } = plan;
  return rest;
}

function phaseTimes(from: Deployment, to: Deployment, phases: readonly Phase[]): Comparison['phases'] {
  const tookMs = (of: Deployment, name: Phase['name']): number | null => {
    const phase = phases.find((one) => one.deployment === of.id && one.name === name);
    if (!phase || phase.status !== 'done' || !phase.startedAt || !phase.endedAt) return null;
    return Math.max(0, phase.endedAt.getTime() - phase.startedAt.getTime());
  };
  const names = [...new Set(phases.toSorted((a, b) => a.position - b.position).map((phase) => phase.name))];
  return names.map((name) => ({ name, beforeMs: tookMs(from, name), afterMs: tookMs(to, name) }));
}

async function wayTo(road: Road, from: Deployment, to: Deployment): Promise<Comparison['way']> {
  const { artifact } = to;
  if (artifact === null || isOpen(to.status) || to.status === 'live') return null;
  const direction = to.number < from.number ? 'back' : 'forward';
  const there = to.artifactRemovedAt === null ? await isThere(road, to) : false;
  if (there !== false) return { direction, artifact: there === null ? 'unknown' : 'ready' };
  const { treeHash } = to.source;
  const source = treeHash !== null && (await road.snapshots.exists(treeHash));
  return { direction, artifact: source ? 'gone' : 'lost' };
}

/** Whether the node has the artifact; `null` when it can't be asked. */
async function isThere(road: Road, { artifact }: Deployment): Promise<boolean | null> {
  if (artifact === null) return false;
  if (artifact.node === '') return true;
  try {
    return (await road.ctx.agents.call(artifact.node, driver(artifact.runtime).exists, { artifact })).exists;
  } catch (error) {
    if (isContainrError(error)) return null;
    throw error;
  }
}

function requireServiceRead(principal: Principal): void {
  if (can(principal, 'service:read')) return;
  throw new ContainrError({
    code: 'FORBIDDEN',
    status: 403,
    detail: 'A comparison shows the settings of the service, which need service:read.',
    hint: 'Ask for that permission.',
  });
}
