import { ContainrError } from '@containr/sdk';
import type { CauseCode } from '../causes.ts';
import { ask, isAsked, steadyTiming } from '../health/ask.ts';
import { describeCrash, lastWords } from '../health/diagnose.ts';
import { postDeploySubject } from '../engine/post-deploy.ts';
import type { Road } from '../engine/road.ts';
import { now } from '../engine/road.ts';
import { switchBack } from '../engine/switch-back.ts';
import type { Deployment } from '../entities/deployment.ts';
import type { Replica } from '../entities/replica.ts';
import { runOnce } from './one-off.ts';
import type { PhaseRun, PhaseWork } from './phase-work.ts';

/** Keeps the old replicas warm for a while; a crash or bad health of the new ones in that time switches back. */
export const watch: PhaseWork = {
  timeoutMs: (_, deployment) => deployment.spec.watchMs + 60_000,
  async run(road, run) {
    const { deployment, replicas } = run;
    const serving = replicas.filter((replica) => replica.desired === 'running' && replica.role === 'serving');
    const crashed = serving.find(hasCrashed);
    if (crashed) {
      // Visitors first, the explanation after.
      const back = await switchBack(road, deployment);
      const what = await describeCrash(road, deployment, crashed);
      throw gaveUp('CRASHED_AFTER_SWITCH', `The new version crashed after it took over. ${what}`, back);
    }
    await startPostDeploy(road, run);
    const until = deployment.watchUntil ?? now(road);
    if (now(road) >= until) return { kind: 'done' };
    await staysHealthy(road, run, serving, until);
    return { kind: 'wait', at: until };
  },
};

function hasCrashed(replica: Replica): boolean {
  return replica.state === 'exited' || replica.state === 'gone' || replica.restarts > (replica.restartsAtSwitch ?? 0);
}

/** Runs the post-deploy command beside the watch; what came of it is told when its task ends. */
async function startPostDeploy(road: Road, { deployment, tasks }: PhaseRun): Promise<void> {
  const { postDeploy: command } = deployment.spec;
  const begun = tasks.some((task) => task.subject === postDeploySubject);
  if (command === null || deployment.rollbackOf !== null || begun) return;
  await runOnce(road, deployment, tasks, { phase: 'watch', subject: postDeploySubject, command });
}

async function staysHealthy(
  road: Road,
  { deployment, tasks }: PhaseRun,
  serving: readonly Replica[],
  until: Date,
): Promise<void> {
  if (!isAsked(deployment)) return;
  for (const replica of serving) {
    const timing = steadyTiming(deployment, until.getTime() - now(road).getTime());
    const progress = await ask(road, deployment, tasks, replica, { phase: 'watch', timing });
    if (progress.state === 'running' || progress.output.healthy) continue;
    const back = await switchBack(road, deployment);
    throw gaveUp('UNHEALTHY_AFTER_SWITCH', await unhealthy(road, deployment, replica, progress.output.lastError), back);
  }
}

async function unhealthy(road: Road, deployment: Deployment, replica: Replica, last: string | null): Promise<string> {
  const said = last === null ? '' : ` The last answer: ${last}.`;
  const { retries } = deployment.spec.health;
  const times = retries === 1 ? 'once' : `${retries} times in a row`;
  return `The new version failed its health check ${times} after it took over.${said}${await lastWords(road, deployment, replica)}`;
}

function gaveUp(code: CauseCode, detail: string, back: number | null): ContainrError {
  const hint =
    back === null
      ? 'There was no earlier version to go back to: read the last log lines, mend it and deploy again.'
      : `#${back} serves again; read the last log lines, mend it and deploy again.`;
  return new ContainrError({ code, status: 409, detail, hint });
}
