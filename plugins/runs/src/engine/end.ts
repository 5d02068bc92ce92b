import type { TaskOutcome, UnitOfWork } from '@containr/sdk';
import type { RunStatus } from '../contract.ts';
import { Run } from '../entities/run.entity.ts';
import type { Runs } from './runs.ts';
import { announce, taskOf, wake } from './runs.ts';

/** How a run ended. */
export interface End {
  readonly status: Exclude<RunStatus, 'waiting' | 'running'>;
  readonly exitCode?: number;
  readonly reason: string | null;
}

/** Ends a run in a transaction, and lets the one that waits for it go on. One that has ended is left as it is. */
export async function end(runs: Runs, unit: UnitOfWork, run: Run, how: End): Promise<void> {
  if (run.endedAt !== null) return;
  run.status = how.status;
  run.exitCode = how.exitCode ?? null;
  run.reason = how.reason;
  run.endedAt = runs.ctx.clock.now();
  announce(unit, run);
  await unit.em.flush();
  const waiting = await unit.em.find(
    Run,
    { service: run.service, status: 'waiting' },
    { orderBy: { createdAt: 'asc' } },
  );
  for (const one of waiting) await wake(unit, one);
}

/** What a task's outcome means for its run. */
export function endOf(outcome: TaskOutcome, cancelReason: string | null): End {
  switch (outcome.status) {
    case 'done': {
      const { output } = outcome;
      const code: unknown = typeof output === 'object' && output !== null ? Reflect.get(output, 'exitCode') : null;
      const exitCode = typeof code === 'number' ? code : 255;
      if (exitCode === 0) return { status: 'succeeded', exitCode, reason: null };
      const memory = exitCode === 137 ? ' It was ended by force, as happens when it needs more than its memory.' : '';
      return { status: 'failed', exitCode, reason: `It ended with exit code ${exitCode}.${memory}` };
    }
    case 'failed':
      if (outcome.code === 'TIMEOUT') return { status: 'timed-out', reason: outcome.detail };
      return { status: 'failed', reason: `${outcome.detail}${outcome.hint === null ? '' : ` ${outcome.hint}`}` };
    case 'cancelled':
      return { status: 'cancelled', reason: cancelReason ?? 'It was cancelled.' };
    case 'lost':
      return {
        status: 'lost',
        reason: 'Its node’s agent restarted in the middle; nobody knows how far it got, so it is not run again.',
      };
  }
}

/** Writes down how a task ended, where it is one of a run. An end from another node than its own is not believed. */
export async function taskEnded(
  runs: Runs,
  given: { node: string; task: string; outcome: TaskOutcome },
): Promise<void> {
  const id = runOf(given.task);
  if (id === null) return;
  await runs.ctx.store.system('a task names its organisation only in its run').transaction(async (unit) => {
    const run = await unit.em.findOne(Run, { id });
    if (!run || run.node !== given.node) return;
    run.startedAt ??= runs.ctx.clock.now();
    await end(runs, unit, run, endOf(given.outcome, run.cancelReason));
  });
}

/** The run of a task; `null` when the task is something else. */
export function runOf(task: string): string | null {
  const id = /^run-([0-9a-f-]{36})$/.exec(task)?.[1];
  return id !== undefined && taskOf(id) === task ? id : null;
}
