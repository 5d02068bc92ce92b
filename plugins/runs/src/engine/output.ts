import type { OutputLine } from '@containr/sdk';
import { Run } from '../entities/run.entity.ts';
import { runOf } from './end.ts';
import type { Runs } from './runs.ts';
import { actor } from './runs.ts';

/** Keeps what a run writes in the log of its service; a line sent again is kept once. */
export async function keepOutput(
  runs: Runs,
  given: { node: string; task: string; lines: readonly OutputLine[] },
): Promise<void> {
  const id = runOf(given.task);
  if (id === null) return;
  const run = await runs.ctx.store
    .system('a task names its organisation only in its run')
    .transaction((unit) => unit.em.findOne(Run, { id }));
  if (!run || run.node !== given.node) return;
  const { organisation, service } = run;
  await runs.logs.append(
    // Of no deployment: what it runs in has a log of its own.
    { organisation, service, deployment: null, phase: null, source: `run:${id}`, lines: [...given.lines] },
    actor(runs, organisation),
  );
}
