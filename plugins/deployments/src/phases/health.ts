import { HealthProbe } from '../health/probe-capability.ts';
import { diagnoseExit, diagnoseProbe } from '../health/diagnose.ts';
import { probeOrder } from '../health/order.ts';
import { isRouted } from '../engine/findings.ts';
import type { Road } from '../engine/road.ts';
import { inMs, now } from '../engine/road.ts';
import { pursue } from '../engine/tasks.ts';
import type { Replica } from '../entities/replica.ts';
import type { PhaseRun, PhaseWork, Step } from './phase-work.ts';

/** A worker that ran this long is taken for healthy. */
const stableMs = 3000;

/** Waits until every new replica answers (or, for workers, stays up); a replica that ends fails it at once. */
export const health: PhaseWork = {
  timeoutMs: (_, deployment) => deployment.spec.health.startPeriodMs + 120_000,
  async run(road, run) {
    const { deployment } = run;
    const replicas = run.replicas.filter((replica) => replica.desired === 'running');
    if (replicas.length === 0) return { kind: 'done', skipped: true, message: 'No replica is wanted.' };
    const ended = replicas.find(hasEnded);
    if (ended) throw await diagnoseExit(road, deployment, ended);
    return isRouted(deployment) ? answers(road, run, replicas) : staysUp(road, run, replicas);
  },
};

/** Whether a replica that should be starting has ended, or was started again. */
export function hasEnded(replica: Replica): boolean {
  return replica.state === 'exited' || replica.state === 'gone' || replica.restarts > 0;
}

async function answers(road: Road, { deployment, tasks }: PhaseRun, replicas: readonly Replica[]): Promise<Step> {
  let waits = false;
  for (const replica of replicas) {
    const order = probeOrder(deployment, replica);
    const progress = await pursue(road, deployment, tasks, {
      node: replica.node,
      capability: HealthProbe,
      phase: 'health',
      subject: replica.id,
      input: () => Promise.resolve(order),
    });
    if (progress.state === 'running') waits = true;
    else if (!progress.output.healthy) throw await diagnoseProbe(road, replica, order, progress.output);
  }
  return waits
    ? { kind: 'wait' }
    : { kind: 'done', message: replicas.length === 1 ? 'It answers.' : `All ${replicas.length} replicas answer.` };
}

function staysUp(road: Road, { phase }: PhaseRun, replicas: readonly Replica[]): Promise<Step> {
  const since = (phase.startedAt ?? now(road)).getTime();
  const left = since + stableMs - now(road).getTime();
  if (left > 0 || replicas.some((replica) => replica.state !== 'running'))
    return Promise.resolve({ kind: 'wait', at: inMs(road, Math.max(left, 250)) });
  return Promise.resolve({ kind: 'done', message: `It stayed up for ${stableMs / 1000} s.` });
}
