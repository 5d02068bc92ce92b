import type { DeploymentDocument, PhaseDocument, Waiting } from './contract.ts';
import type { Deployment } from './entities/deployment.ts';
import { Phase } from './entities/phase.ts';
import { waitingOf } from './queue/waiting.ts';
import { actor, storeOf } from './engine/road.ts';
import type { Road } from './engine/road.ts';

/** Deployments as the API shows them: with their phases and the service's addresses. All of one organisation. */
export async function documentsOf(
  road: Road,
  organisation: string,
  deployments: readonly Deployment[],
): Promise<DeploymentDocument[]> {
  if (deployments.length === 0) return [];
  const ids = deployments.map((deployment) => deployment.id);
  const phases = await storeOf(road, organisation).transaction((unit) =>
    unit.em.find(Phase, { deployment: { $in: ids } }, { orderBy: { position: 'asc' } }),
  );
  const urls = await urlsOf(road, organisation, [...new Set(deployments.map((deployment) => deployment.service))]);
  const waiting = await waitingOf(road, organisation, deployments);
  return deployments.map((deployment) =>
    documentOf(
      deployment,
      waiting.get(deployment.id) ?? null,
      phases.filter((phase) => phase.deployment === deployment.id),
      urls[deployment.service] ?? [],
    ),
  );
}

function documentOf(
  deployment: Deployment,
  waiting: Waiting | null,
  phases: readonly Phase[],
  urls: readonly string[],
): DeploymentDocument {
  return {
    id: deployment.id,
    number: deployment.number,
    service: deployment.service,
    environment: deployment.environment,
    project: deployment.project,
    status: deployment.status,
    phase: deployment.phase,
    waiting,
    cause: deployment.cause,
    notices: [...deployment.notices],
    source: deployment.source,
    artifact: deployment.artifact,
    artifactRemovedAt: deployment.artifactRemovedAt?.toISOString() ?? null,
    pinned: deployment.pinned,
    revision: deployment.revision,
    plan: deployment.plan,
    phases: phases.map(phaseDocument),
    urls: [...urls],
    createdBy: deployment.createdBy,
    createdAt: deployment.createdAt.toISOString(),
    liveAt: deployment.liveAt?.toISOString() ?? null,
    endedAt: deployment.endedAt?.toISOString() ?? null,
    rollbackOf: deployment.rollbackOf,
    promotedFrom: deployment.promotedFrom,
    supersededBy: deployment.supersededBy,
    override: deployment.override,
  };
}

function phaseDocument(phase: Phase): PhaseDocument {
  return {
    name: phase.name,
    status: phase.status,
    attempt: phase.attempt,
    startedAt: phase.startedAt?.toISOString() ?? null,
    endedAt: phase.endedAt?.toISOString() ?? null,
    durationMs:
      phase.startedAt && phase.endedAt ? Math.max(0, phase.endedAt.getTime() - phase.startedAt.getTime()) : null,
    message: phase.message,
  };
}

/** Addresses by service; none while the ingress plugin is off. */
async function urlsOf(road: Road, organisation: string, services: string[]): Promise<Record<string, string[]>> {
  try {
    return (await road.routes.urls({ services }, actor(road, organisation))).urls;
  } catch (error) {
    road.ctx.log.info({ error }, 'no addresses: the ingress does not answer');
    return {};
  }
}
