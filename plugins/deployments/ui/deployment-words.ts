import { duration, shortTime } from '@containr/ui-kit';
import type { DeploymentDocument } from '../src/contract.ts';

/** Whether something of a deployment still changes. */
export function isMoving(deployment: Pick<DeploymentDocument, 'status'>): boolean {
  return deployment.status === 'queued' || deployment.status === 'running' || deployment.status === 'watching';
}

/** A place in line, in words. */
export function placeInLine({ position, of }: { position: number; of: number }): string {
  return of <= 1 ? 'Next in line' : `Place ${position} of ${of} in line`;
}

/** What is beside the status: the phase and its time, or what replaced it. */
export function statusNote(deployment: DeploymentDocument, now: number): string | null {
  const phase = deployment.phases.find((one) => one.name === deployment.phase);
  if (deployment.waiting?.until) return `held until ${shortTime(deployment.waiting.until)}`;
  if (deployment.waiting) return placeInLine(deployment.waiting).toLowerCase();
  if (deployment.status === 'running' && deployment.phase) {
    return phase?.startedAt
      ? `${deployment.phase} ${duration(Math.max(0, now - Date.parse(phase.startedAt)))}`
      : deployment.phase;
  }
  if (deployment.status === 'failed')
    return deployment.phases.find((one) => one.status === 'failed')?.name ?? deployment.phase;
  if (deployment.status === 'watching') return 'old replicas warm';
  return null;
}

/** What a deployment is about, in one line. */
export function headline(deployment: DeploymentDocument): string {
  if (deployment.rollbackOf) return 'Roll back to an earlier deployment';
  if (deployment.promotedFrom && !deployment.source.message) return 'Promoted from another environment';
  const first = deployment.source.message?.split('\n')[0]?.trim();
  if (first) return first;
  if (deployment.source.kind === 'upload') return 'Uploaded source';
  if (deployment.source.kind === 'image') return 'Image';
  return deployment.source.commit ? `Commit ${deployment.source.commit.slice(0, 7)}` : 'Deployment';
}

/** Who brought it, and how. */
export function origin(deployment: DeploymentDocument): string {
  const how = deployment.rollbackOf
    ? 'rollback'
    : deployment.promotedFrom
      ? 'promotion'
      : { git: 'git push', upload: 'upload', image: 'image' }[deployment.source.kind];
  return `${deployment.source.author ?? deployment.createdBy}, ${how}`;
}

/** Time from the request to its end, to the switch, or to now while it moves. */
export function tookMs(deployment: DeploymentDocument, now: number): number {
  const end =
    deployment.status === 'failed' || deployment.status === 'cancelled'
      ? deployment.endedAt
      : (deployment.liveAt ?? deployment.endedAt);
  return (end ? Date.parse(end) : now) - Date.parse(deployment.createdAt);
}
