import { ask, isAsked, readyTiming } from '../health/ask.ts';
import { diagnoseExit, diagnoseUnhealthy } from '../health/diagnose.ts';
import type { Road } from '../engine/road.ts';
import { inMs, now } from '../engine/road.ts';
import type { Replica } from '../entities/replica.ts';
import type { PhaseRun, PhaseWork, Step } from './phase-work.ts';

/** Waits until every new replica answers (or, for workers, stays up); a replica that ends fails it at once. */
export const health: PhaseWork = {
  timeoutMs: (_, { spec: { health: how } }) => Math.max(how.startPeriodMs, how.stayUpMs) + 120_000,
  async run(road, run) {
    const { deployment } = run;
    const replicas = run.replicas.filter((replica) => replica.desired === 'running');
    if (replicas.length === 0) return { kind: 'done', skipped: true, message: 'No replica is wanted.' };
    const ended = replicas.find(hasEnded);
    if (ended) throw await diagnoseExit(road, deployment, ended);
    return isAsked(deployment) ? answers(road, run, replicas) : staysUp(road, run, replicas);
  },
};

/** Whether a replica that should be starting has ended, or was started again. */
export function hasEnded(replica: Replica): boolean {
  return replica.state === 'exited' || replica.state === 'gone' || replica.restarts > 0;
}

async function answers(road: Road, { deployment, tasks }: PhaseRun, replicas: readonly Replica[]): Promise<Step> {
  let waits = false;
  for (const replica of replicas) {
    const how = { phase: 'health', timing: readyTiming(deployment) };
    const progress = await ask(road, deployment, tasks, replica, how);
    if (progress.state === 'running') waits = true;
    else if (!progress.output.healthy) throw await diagnoseUnhealthy(road, deployment, replica, progress.output);
  }
  if (waits) return { kind: 'wait' };
  const one = deployment.spec.health.kind === 'command' ? 'Its health command succeeds.' : 'It answers.';
  return { kind: 'done', message: replicas.length === 1 ? one : `All ${replicas.length} replicas are healthy.` };
}

function staysUp(road: Road, { phase, deployment }: PhaseRun, replicas: readonly Replica[]): Promise<Step> {
  const { stayUpMs } = deployment.spec.health;
  const since = (phase.startedAt ?? now(road)).getTime();
  const left = since + stayUpMs - now(road).getTime();
  if (left > 0 || replicas.some((replica) => replica.state !== 'running'))
    return Promise.resolve({ kind: 'wait', at: inMs(road, Math.max(left, 250)) });
  return Promise.resolve({ kind: 'done', message: `It stayed up for ${stayUpMs / 1000} s.` });
}
