import type { Road } from '../engine/road.ts';
import { now } from '../engine/road.ts';
import { repairSoon } from '../engine/wake.ts';
import { taskEnded } from '../engine/tasks.ts';
import { Deployment } from '../entities/deployment.ts';
import { Replica } from '../entities/replica.ts';
import { Task } from '../entities/task.ts';

/** What ran on a node that is no part of the install any more is gone, and begun elsewhere where it is wanted. */
export async function nodeRemoved(road: Road, node: string): Promise<void> {
  const tasks = await road.ctx.store.system('a node worked for all organisations').transaction(async (unit) => {
    for (const row of await unit.em.find(Replica, { node, state: { $ne: 'gone' } })) {
      row.state = 'gone';
      row.endedAt = now(road);
      const deployment = await unit.em.findOne(Deployment, { id: row.deployment });
      if (deployment) await repairSoon(unit, deployment);
    }
    return unit.em.find(Task, { node, outcome: null });
  });
  for (const { id } of tasks) await taskEnded(road, { node, task: id, outcome: { status: 'lost' } });
}
