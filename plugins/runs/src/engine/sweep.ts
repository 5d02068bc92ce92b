import { isContainrError } from '@containr/sdk';
import { Run } from '../entities/run.entity.ts';
import { taskEnded } from './end.ts';
import type { Runs } from './runs.ts';
import { inMs, taskOf, wake } from './runs.ts';

const askAfterMs = 10_000;
const keptDays = 90;

/** Settles what no job and no task owns: runs that wait and nobody wakes, that their node never heard of, or whose connection is gone. */
export async function sweep(runs: Runs): Promise<void> {
  const open = await runs.ctx.store.system('the sweep settles runs of all organisations').transaction(async (unit) => {
    const now = runs.ctx.clock.now();
    const rows = await unit.em.find(Run, { endedAt: null, createdAt: { $lt: inMs(runs, -askAfterMs) } });
    for (const run of rows) {
      if (run.attachedUntil !== null && run.attachedUntil < now)
        run.cancelReason ??= 'The connection that it belonged to ended.';
      if (run.status === 'waiting' || run.cancelReason !== null) await wake(unit, run);
    }
    return rows;
  });
  for (const run of open) {
    if (run.status !== 'running' || run.node === null) continue;
    const { node } = run;
    try {
      if ((await runs.ctx.agents.taskStatus(node, taskOf(run.id))) === 'unknown')
        await taskEnded(runs, { node, task: taskOf(run.id), outcome: { status: 'lost' } });
    } catch (error) {
      // A node that is not heard from is unknown, and so is its run.
      if (!isContainrError(error)) throw error;
    }
  }
}

/** Forgets runs that ended long ago. */
export async function forgetOld(runs: Runs): Promise<void> {
  await runs.ctx.store
    .system('old runs of all organisations are forgotten')
    .transaction((unit) => unit.em.nativeDelete(Run, { endedAt: { $lt: inMs(runs, -keptDays * 86_400_000) } }));
}
