import type { UnitOfWork } from '@containr/sdk';
import { ContainrError, conflict, notFound } from '@containr/sdk';
import type { ServicePath, ServiceSpec } from '@containr/plugin-projects/contract';
import type { DeploymentSource, Override } from '../contract.ts';
import { phaseNames } from '../contract.ts';
import { Deployment } from '../entities/deployment.ts';
import { Phase } from '../entities/phase.ts';
import { Snapshot } from '../entities/snapshot.ts';
import { artifactKey, isRemoved } from '../artifact-key.ts';
import { wouldBuildTheSame } from '../phases/same-build.ts';
import { lockSnapshot } from '../snapshots/lock.ts';
import type { Asker } from './freeze.ts';
import { passFreeze } from './freeze.ts';
import { lockService } from './lock.ts';
import type { Road } from './road.ts';
import { actor, announce, now, storeOf } from './road.ts';
import { apply } from './settle.ts';
import { buildDigest } from './variables.ts';
import { wake } from './wake.ts';

/** What is to be deployed. */
export interface Order {
  readonly organisation: string;
  readonly service: string;
  /** `null`: the source of the latest deployment, or the spec's image. */
  readonly source: DeploymentSource | null;
  /** `null`: the newest. */
  readonly revision: number | null;
  readonly createdBy: string;
  /** Who asks for it: refused while its environment is frozen. Left out, it waits for the end of that. */
  readonly asker?: Asker;
  readonly rebuild?: boolean;
  /** Ids of deployments that it waits for. */
  readonly after?: readonly string[];
  /** What it is begun for; the same begins nothing twice for a service. */
  readonly application?: string;
  /** Goes back to this one: its artifact, plan and revision. */
  readonly rollbackOf?: Deployment;
  /** Takes the artifact and plan of this one, of another environment, as they are. */
  readonly promotedFrom?: Deployment;
}

/**
 * Writes down a deployment and starts its road, in one transaction; waiting ones of the service are superseded. Throws
 * `NOT_FOUND`, `CONFLICT_NO_SOURCE`, `CONFLICT_FROZEN`.
 */
export async function createDeployment(road: Road, order: Order): Promise<Deployment> {
  const caller = actor(road, order.organisation);
  const { paths } = await road.projects.paths({ services: [order.service] }, caller);
  const [path] = paths;
  if (!path) throw notFound('service');
  const { organisation, asker } = order;
  const rollback = order.rollbackOf !== undefined;
  const override = asker
    ? await passFreeze(road, asker, { organisation, environment: path.environment, rollback })
    : null;
  const { revision, spec } = await road.projects.spec({ service: order.service, revision: order.revision }, caller);
  const digest = await buildDigest(road, { service: order.service, revision, organisation: order.organisation });
  return storeOf(road, order.organisation).transaction(async (unit) => {
    await lockService(unit, order.service);
    if (order.application !== undefined) {
      const begun = await unit.em.findOne(Deployment, { service: order.service, application: order.application });
      if (begun) return begun;
    }
    const latest = await unit.em.findOne(Deployment, { service: order.service }, { orderBy: { number: 'desc' } });
    const source = order.source ?? sourceFor(spec, latest);
    await useSnapshot(road, unit, order.organisation, source);
    const number = (latest?.number ?? 0) + 1;
    const decided = { revision, spec, source, digest, number, override };
    const back = order.rollbackOf ?? order.promotedFrom ?? (await unchanged(unit, order, decided));
    if (back && !order.rebuild && (await isRemoved(unit, back.artifact))) throw artifactRemoved(back);
    const row = unit.em.create(Deployment, newRow(road, order, path, decided, back), { persist: true });
    await unit.em.flush();
    for (const [position, name] of phaseNames.entries()) {
      unit.em.create(
        Phase,
        {
          deployment: row.id,
          name,
          organisation: order.organisation,
          position,
          status: 'pending',
          startedAt: null,
          endedAt: null,
          deadlineAt: null,
          message: null,
          output: null,
        },
        { persist: true },
      );
    }
    for (const waiting of await unit.em.find(Deployment, {
      service: order.service,
      status: 'queued',
      id: { $ne: row.id },
    })) {
      if (!apply(waiting, 'newerRequested')) continue;
      waiting.supersededBy = row.id;
      waiting.endedAt = now(road);
      announce(unit, waiting);
    }
    announce(unit, row);
    await unit.em.flush();
    await wake(unit, row);
    return row;
  });
}

/** What an order comes down to. */
interface Decided {
  readonly revision: number;
  readonly spec: ServiceSpec;
  readonly source: DeploymentSource;
  readonly digest: string | null;
  readonly number: number;
  readonly override: Override | null;
}

/**
 * The deployment that serves, when a build of this order would give the same: then nothing is planned or built again. Only for an
 * order that brings no source of its own; who pushes or asks for a rebuild wants one.
 */
async function unchanged(unit: UnitOfWork, order: Order, decided: Decided): Promise<Deployment | null> {
  if (order.source !== null || order.rebuild || decided.source.kind === 'image') return null;
  const [live] = await unit.em.find(
    Deployment,
    { service: order.service, status: ['live', 'watching'] },
    { orderBy: { number: 'desc' }, limit: 1 },
  );
  if (!live || live.plan === null || live.artifact === null) return null;
  return wouldBuildTheSame(live, { ...decided, buildDigest: decided.digest }) ? live : null;
}

function newRow(road: Road, order: Order, path: ServicePath, decided: Decided, back: Deployment | null) {
  return {
    id: road.ctx.random.id(),
    organisation: order.organisation,
    project: path.project,
    environment: path.environment,
    service: order.service,
    serviceKind: path.kind,
    name: `${`${path.projectSlug}-${path.serviceSlug}`.slice(0, 40)}-${order.service.slice(-6)}`,
    number: decided.number,
    status: 'queued' as const,
    phase: null,
    cause: null,
    notices: [],
    source: decided.source,
    revision: decided.revision,
    spec: decided.spec,
    ...inherited(order.rebuild ? null : back),
    rebuild: order.rebuild ?? false,
    after: [...(order.after ?? [])],
    application: order.application ?? null,
    buildDigest: decided.digest,
    artifactRemovedAt: null,
    pinned: false,
    serviceDeletedAt: null,
    slot: null,
    slotNode: null,
    slotSince: null,
    held: null,
    override: decided.override,
    previous: null,
    rollbackOf: order.rollbackOf?.id ?? null,
    promotedFrom: order.promotedFrom?.id ?? back?.promotedFrom ?? null,
    supersededBy: null,
    createdBy: order.createdBy,
    createdAt: now(road),
    liveAt: null,
    watchUntil: null,
    endedAt: null,
  };
}

/** What a deployment takes over of another one: then nothing is planned or built. */
function inherited(back: Deployment | null): Pick<Deployment, 'runtime' | 'plan' | 'artifact' | 'artifactKey'> {
  return {
    runtime: back?.runtime ?? null,
    plan: back?.plan ?? null,
    artifact: back?.artifact ?? null,
    artifactKey: artifactKey(back?.artifact ?? null),
  };
}

function artifactRemoved(of: Deployment): ContainrError {
  return new ContainrError({
    code: 'ARTIFACT_GONE',
    status: 409,
    detail: `The artifact of #${of.number} was removed by a clean-up, so it can not be started again as it is.`,
    hint: 'Rebuild it from its source: roll back with `rebuild`.',
  });
}

function sourceFor(spec: ServiceSpec, latest: Deployment | null): DeploymentSource {
  if (spec.source.kind === 'image')
    return { kind: 'image', ref: spec.source.image, commit: null, message: null, author: null, treeHash: null };
  if (latest) return latest.source;
  throw conflict(
    'CONFLICT_NO_SOURCE',
    'The service has no source yet that could be deployed.',
    'Push to its Git address, or upload an archive first.',
  );
}

/** A snapshot may only be deployed by an organisation that brought it. */
async function useSnapshot(
  road: Road,
  unit: UnitOfWork,
  organisation: string,
  source: DeploymentSource,
): Promise<void> {
  if (source.treeHash === null) return;
  await lockSnapshot(unit, source.treeHash);
  const snapshot = await unit.em.findOne(Snapshot, { organisation, treeHash: source.treeHash });
  if (!snapshot)
    throw new ContainrError({
      code: 'NOT_FOUND',
      status: 404,
      detail: 'There is no such source in this organisation.',
      hint: 'Upload it again.',
    });
  snapshot.usedAt = now(road);
}
