import type { DeploymentDocument, PhaseDocument, Waiting } from './contract.ts';
import type { Deployment } from './entities/deployment.ts';
import { waitingOf } from './queue/waiting.ts';
import { query, timeOf } from './engine/query.ts';
import { actor, storeOf } from './engine/road.ts';
import type { Road } from './engine/road.ts';

/** What a list reads of deployments: all that their documents show, without the plans, which are large. */
export const listedFields = [
  'id',
  'number',
  'service',
  'environment',
  'project',
  'status',
  'phase',
  'cause',
  'notices',
  'source',
  'artifact',
  'artifactRemovedAt',
  'pinned',
  'revision',
  'createdBy',
  'createdAt',
  'liveAt',
  'endedAt',
  'rollbackOf',
  'promotedFrom',
  'supersededBy',
  'slot',
  'slotNode',
  'slotSince',
  'after',
  'held',
  'override',
] as const;

/** A deployment as far as its document shows it. */
export type Shown = Pick<Deployment, (typeof listedFields)[number]> & { readonly plan?: Deployment['plan'] };

/** Deployments as the API shows them: with their phases and the service's addresses. All of one organisation. */
export async function documentsOf(
  road: Road,
  organisation: string,
  deployments: readonly Shown[],
): Promise<DeploymentDocument[]> {
  if (deployments.length === 0) return [];
  const ids = deployments.map((deployment) => deployment.id);
  const rows = await storeOf(road, organisation).transaction((unit) =>
    // Eleven a deployment: as plain rows they take a third of the time.
    query<Readonly<Record<string, unknown>>>(
      unit,
      `select deployment, name, status, attempt, started_at, ended_at, message from plugin_deployments.phases
       where deployment = any(?::uuid[]) order by position`,
      [`{${ids.join(',')}}`],
    ),
  );
  const phases = Map.groupBy(rows, (row) => String(row['deployment']));
  const urls = await urlsOf(road, organisation, [...new Set(deployments.map((deployment) => deployment.service))]);
  const waiting = await waitingOf(road, organisation, deployments);
  return deployments.map((deployment) =>
    documentOf(
      deployment,
      waiting.get(deployment.id) ?? null,
      phases.get(deployment.id) ?? [],
      urls[deployment.service] ?? [],
    ),
  );
}

function documentOf(
  deployment: Shown,
  waiting: Waiting | null,
  phases: readonly Readonly<Record<string, unknown>>[],
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
    plan: deployment.plan ?? null,
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

function phaseDocument(row: Readonly<Record<string, unknown>>): PhaseDocument {
  const [startedAt, endedAt] = [timeOf(row['started_at']), timeOf(row['ended_at'])];
  return {
    name: String(row['name']) as PhaseDocument['name'],
    status: String(row['status']) as PhaseDocument['status'],
    attempt: Number(row['attempt']),
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    durationMs: startedAt && endedAt ? Math.max(0, endedAt.getTime() - startedAt.getTime()) : null,
    message: typeof row['message'] === 'string' ? row['message'] : null,
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
