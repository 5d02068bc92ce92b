import { text as readText } from 'node:stream/consumers';
import { superviseReplica } from '../replica/supervise-replica.ts';
import { superviseTask } from '../replica/supervise-task.ts';
import type { Supervision } from '../replica/supervision.ts';

async function readSupervision(): Promise<Supervision> {
  const text = await readText(process.stdin);
  const task: unknown = JSON.parse(text);
  if (!isSupervision(task)) throw new Error('The supervisor was given no task on its standard input');
  return task;
}

// Comes from our own agent through a pipe: a full schema check would cost every replica megabytes.
function isSupervision(task: unknown): task is Supervision {
  return (
    typeof task === 'object' && task !== null && 'kind' in task && (task.kind === 'replica' || task.kind === 'task')
  );
}

const task = await readSupervision();
if (task.kind === 'replica') {
  await superviseReplica(task);
  process.exit(0);
}
process.exit(await superviseTask(task));
