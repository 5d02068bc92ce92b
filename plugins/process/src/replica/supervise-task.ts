import { constants } from 'node:os';
import { startInCell } from '../isolation/cell-process.ts';
import { createGroup, removeGroup } from '../isolation/control-group.ts';
import { buildView } from '../isolation/view.ts';
import type { TaskSupervision } from './supervision.ts';

/** Runs one command in a cell to its end and gives its exit code. A signal to this process ends the command at once. */
export async function superviseTask(task: TaskSupervision): Promise<number> {
  if (task.cell.group) createGroup(task.cell.group);
  if (task.cell.kind === 'namespaces') buildView(task.cell);
  const running = startInCell(task.cell, task.variables, task.command, 'inherit');
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void running.kill());
  const exitCode = await new Promise<number>((resolve) => {
    running.child.on('error', () => resolve(126));
    running.child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  await running.kill();
  await removeGroup(task.cell.group?.directories ?? []);
  return exitCode;
}
