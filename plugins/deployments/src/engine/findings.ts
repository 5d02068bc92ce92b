import { ContainrError } from '@containr/sdk';
import type { Artifact } from '@containr/sdk/contracts';
import type { Deployment } from '../entities/deployment.ts';

/** The artifact that an earlier phase found. Throws `INTERNAL` when there is none: phases run in order. */
export function artifactOf(deployment: Deployment): Artifact {
  if (deployment.artifact) return deployment.artifact;
  throw new ContainrError({ code: 'INTERNAL', status: 500, detail: 'The deployment has no artifact after its build.' });
}

/** Port that the software should listen on: the spec's, else the plan's, else the artifact's, else 8080. */
export function portOf(deployment: Deployment): number {
  return deployment.spec.start.port ?? deployment.plan?.port ?? deployment.artifact?.port ?? 8080;
}

/** How many replicas it should have all the time; what runs by a schedule has none. */
export function wantedReplicas({
  serviceKind,
  spec,
}: {
  readonly serviceKind: string;
  readonly spec: Pick<Deployment['spec'], 'replicas'>;
}): number {
  return serviceKind === 'cron' ? 0 : spec.replicas;
}

/** Whether requests come to it. */
export function isRouted(deployment: Pick<Deployment, 'serviceKind'>): boolean {
  return deployment.serviceKind === 'web' || deployment.serviceKind === 'static';
}
