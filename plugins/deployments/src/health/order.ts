import { ContainrError } from '@containr/sdk';
import { portOf } from '../engine/findings.ts';
import type { Deployment } from '../entities/deployment.ts';
import type { Replica } from '../entities/replica.ts';
import type { ProbeRequest } from './probe-capability.ts';

/** What to ask a replica, from the spec and from where it runs. Throws `START_FAILED` when the runtime gave no address. */
export function probeOrder(deployment: Deployment, replica: Replica): ProbeRequest {
  const { health } = deployment.spec;
  if (replica.address === null || replica.port === null) {
    throw new ContainrError({
      code: 'START_FAILED',
      status: 500,
      detail: 'The runtime started the replica, but it has no address.',
      hint: 'Look at the log of the node.',
    });
  }
  // Another port than the service's own is taken as it is; the service's own may be mapped by the runtime.
  const port = health.port !== null && health.port !== portOf(deployment) ? health.port : replica.port;
  return {
    replica: replica.id,
    address: replica.address,
    port,
    kind: health.kind === 'http' ? 'http' : 'tcp',
    path: health.path,
    intervalMs: health.intervalMs,
    timeoutMs: health.timeoutMs,
    startPeriodMs: health.startPeriodMs,
  };
}
