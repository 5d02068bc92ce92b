import { superviseReplica } from '../replica/supervise-replica.ts';
import { superviseTask } from '../replica/supervise-task.ts';
import type { Supervision } from '../replica/supervision.ts';

// Comes from our own agent through a pipe: no schema check, which would cost every replica megabytes.
async function readSupervision(): Promise<Supervision> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  const task: Supervision = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  return task;
}

const task = await readSupervision();
if (task.kind === 'replica') {
  await superviseReplica(task);
  process.exit(0);
}
process.exit(await superviseTask(task));
