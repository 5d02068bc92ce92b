import { ContainrError, isContainrError } from '@containr/sdk';
import { causes } from '../causes.ts';
import type { PhaseRun, PhaseWork } from './phase-work.ts';
import type { Road } from '../engine/road.ts';
import type { TaskProgress } from '../engine/tasks.ts';
import { runOnce } from './one-off.ts';

/** Runs the pre-deploy command once in the new artifact; a non-zero exit fails the deployment. */
export const release: PhaseWork = {
  timeoutMs: (road) => road.ctx.settings.current.releaseTimeoutMs + 100_000,
  async run(road, run) {
    const { preDeploy: command } = run.deployment.spec;
    if (command === null) return { kind: 'done', skipped: true };
    if (run.deployment.rollbackOf !== null) return { kind: 'done', skipped: true, message: 'Not run on the way back.' };
    const progress = await pursued(road, run, command);
    if (progress.state === 'running') return { kind: 'wait' };
    const { exitCode } = progress.output;
    if (exitCode === 0) return { kind: 'done' };
    throw failed(`The pre-deploy command ended with exit code ${exitCode}.`);
  },
};

async function pursued(
  road: Road,
  { deployment, tasks }: PhaseRun,
  command: string | string[],
): Promise<TaskProgress<{ exitCode: number }>> {
  try {
    return await runOnce(road, deployment, tasks, { phase: 'release', subject: null, command });
  } catch (error) {
    if (!isContainrError(error)) throw error;
    if (error.code === 'TASK_LOST')
      throw failed(
        'The pre-deploy command was interrupted by a restart of the node’s agent or engine, and is not run twice.',
      );
    if (error.code === 'TIMEOUT')
      throw failed(
        `The pre-deploy command did not end within ${road.ctx.settings.current.releaseTimeoutMs / 1000} s and was stopped.`,
      );
    throw error;
  }
}

function failed(detail: string): ContainrError {
  return new ContainrError({ code: 'RELEASE_FAILED', status: 409, detail, hint: causes.RELEASE_FAILED.hint });
}
