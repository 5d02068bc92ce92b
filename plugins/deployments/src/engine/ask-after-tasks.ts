import { isContainrError } from '@containr/sdk';
import { Deployment } from '../entities/deployment.ts';
import { Task } from '../entities/task.ts';
import type { Road } from './road.ts';
import { repairSoon, wake } from './wake.ts';

/**
 * Asks nodes after tasks whose end nobody told. A node writes a task down before it begins it, so one that it never heard of never
 * ran: it is forgotten, and begun by whoever still wants it. One whose deployment was given up is cancelled: who did that may have
 * ended before it could. What a node that does not answer does is unknown.
 */
export async function askAfterTasks(
  road: Road,
  which: { readonly node: string } | { readonly startedAt: { readonly $lt: Date } },
): Promise<void> {
  const store = road.ctx.store.system('tasks of all organisations run on a node');
  const { tasks, givenUp } = await store.transaction(async (unit) => {
    const open = await unit.em.find(Task, { outcome: null, ...which });
    const ended = await unit.em.find(
      Deployment,
      { id: { $in: [...new Set(open.map((task) => task.deployment))] }, status: ['failed', 'cancelled', 'superseded'] },
      { fields: ['id'] },
    );
    return { tasks: open, givenUp: new Set(ended.map((deployment) => deployment.id)) };
  });
  for (const { id, node, deployment } of tasks) {
    try {
      const status = await road.ctx.agents.taskStatus(node, id);
      if (status === 'unknown') await forget(road, id);
      else if (status === 'running' && givenUp.has(deployment)) await road.ctx.agents.cancelTask(node, id);
    } catch (error) {
      if (!isContainrError(error)) throw error;
    }
  }
}

async function forget(road: Road, id: string): Promise<void> {
  await road.ctx.store.system('a task names its organisation only in its row').transaction(async (unit) => {
    const task = await unit.em.findOne(Task, { id, outcome: null });
    if (!task) return;
    await unit.em.nativeDelete(Task, { id });
    if (task.phase === 'repair') await repairSoon(unit, task);
    else await wake(unit, { id: task.deployment, organisation: task.organisation, service: task.service });
  });
}
