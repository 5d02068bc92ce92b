import { isContainrError } from '@containr/sdk';
import { Task } from '../entities/task.ts';
import type { Road } from './road.ts';
import { repairSoon, wake } from './wake.ts';

/**
 * Asks nodes after tasks whose end nobody told. A node writes a task down before it begins it, so one that it never heard of never
 * ran: it is forgotten, and begun by whoever still wants it. What a node that does not answer does is unknown.
 */
export async function askAfterTasks(
  road: Road,
  which: { readonly node: string } | { readonly startedAt: { readonly $lt: Date } },
): Promise<void> {
  const store = road.ctx.store.system('tasks of all organisations run on a node');
  const tasks = await store.transaction((unit) => unit.em.find(Task, { outcome: null, ...which }));
  for (const { id, node } of tasks) {
    try {
      if ((await road.ctx.agents.taskStatus(node, id)) !== 'unknown') continue;
      await store.transaction(async (unit) => {
        const task = await unit.em.findOne(Task, { id, outcome: null });
        if (!task) return;
        await unit.em.nativeDelete(Task, { id });
        if (task.phase === 'repair') await repairSoon(unit, task);
        else await wake(unit, { id: task.deployment, organisation: task.organisation, service: task.service });
      });
    } catch (error) {
      if (!isContainrError(error)) throw error;
    }
  }
}
