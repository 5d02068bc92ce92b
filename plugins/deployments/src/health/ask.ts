import { ContainrError } from '@containr/sdk';
import type { CheckResult, CheckTiming } from '@containr/sdk/contracts';
import { isRouted, portOf } from '../engine/findings.ts';
import type { Road } from '../engine/road.ts';
import type { TaskProgress } from '../engine/tasks.ts';
import { pursue } from '../engine/tasks.ts';
import { replicaVariables } from '../engine/variables.ts';
import type { Deployment } from '../entities/deployment.ts';
import type { Replica } from '../entities/replica.ts';
import type { Task } from '../entities/task.ts';
import { driver } from '../replicas/drivers.ts';
import type { ProbeRequest } from './probe-capability.ts';
import { HealthProbe } from './probe-capability.ts';

/** Whether replicas are asked how they are; those of a service that nobody calls have to stay up and no more, unless the spec says how. */
export function isAsked({ serviceKind, spec: { health } }: Pick<Deployment, 'serviceKind' | 'spec'>): boolean {
  return isRouted({ serviceKind }) || health.kind === 'command' || health.port !== null;
}

/** How long a new replica may take to its first good answer. */
export function readyTiming(deployment: Deployment): CheckTiming {
  const { intervalMs, timeoutMs, startPeriodMs, retries } = deployment.spec.health;
  return { until: 'ready', intervalMs, timeoutMs, periodMs: startPeriodMs, retries };
}

/** How a replica that was healthy is looked after for a while. */
export function steadyTiming(deployment: Deployment, periodMs: number): CheckTiming {
  const { intervalMs, timeoutMs, retries } = deployment.spec.health;
  return { until: 'steady', intervalMs, timeoutMs, periodMs: Math.min(3_600_000, Math.max(100, periodMs)), retries };
}

/** Sees to it that a replica is being asked from its own node, and says what came of it. Throws like `pursue`, or `START_FAILED`. */
export async function ask(
  road: Road,
  deployment: Deployment,
  tasks: readonly Task[],
  replica: Replica,
  how: { readonly phase: string; readonly timing: CheckTiming },
): Promise<TaskProgress<CheckResult>> {
  const { command, kind } = deployment.spec.health;
  const order = { node: replica.node, phase: how.phase, subject: replica.id };
  if (kind !== 'command' || command === null) {
    const input = probeOrder(deployment, replica, how.timing);
    return pursue(road, deployment, tasks, { ...order, capability: HealthProbe, input: () => Promise.resolve(input) });
  }
  return pursue(road, deployment, tasks, {
    ...order,
    capability: driver(replica.runtime).check,
    input: async () => ({
      replica: replica.id,
      command,
      variables: await replicaVariables(road, deployment),
      timing: how.timing,
    }),
  });
}

/** What to ask a replica over the network, from the spec and from where it runs. Throws `START_FAILED` when the runtime gave no address. */
export function probeOrder(deployment: Deployment, replica: Replica, timing: CheckTiming): ProbeRequest {
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
    statuses: health.statuses,
    headers: health.headers,
    timing,
  };
}
