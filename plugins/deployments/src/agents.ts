import type { Capability } from '@containr/sdk';
import { ReplicaChanged, ReplicaInventory } from '@containr/sdk/contracts';
import { Task } from './entities/task.ts';
import { askAfterTasks } from './engine/ask-after-tasks.ts';
import type { Road } from './engine/road.ts';
import { actor } from './engine/road.ts';
import { taskEnded } from './engine/tasks.ts';
import { repairSoon, wake } from './engine/wake.ts';
import { Deployment } from './entities/deployment.ts';
import { HealthProbe } from './health/probe-capability.ts';
import { driver, driverNames } from './replicas/drivers.ts';
import { takeInventory } from './replicas/inventory.ts';
import { observe } from './replicas/observe.ts';

/** Listens to agents: how tasks end and what they write, and what becomes of replicas. */
export function listenToAgents(road: Road): void {
  const { agents } = road.ctx;
  const tasks = taskDirectory(road);
  const follow = <I, O>(capability: Capability<I, O>): void => {
    agents.onTaskEnd(capability, (end) => taskEnded(road, end));
    agents.onTaskOutput(capability, async ({ node, task: id, lines }) => {
      const task = await tasks(id);
      if (!task || task.node !== node) return;
      const { organisation, service, deployment, phase } = task;
      await road.logs.append(
        { organisation, service, deployment, phase, source: id, lines: [...lines] },
        actor(road, organisation),
      );
    });
  };
  for (const name of driverNames) {
    follow(driver(name).build);
    follow(driver(name).run);
    follow(driver(name).pack);
    follow(driver(name).unpack);
  }
  for (const name of driverNames) agents.onTaskEnd(driver(name).check, (end) => taskEnded(road, end));
  agents.onTaskEnd(HealthProbe, (end) => taskEnded(road, end));
  agents.onReport(ReplicaChanged, (state, { node }) => observe(road, node, [state]));
  agents.onReport(ReplicaInventory, ({ runtime, replicas }, { node }) => takeInventory(road, node, runtime, replicas));
  agents.onConnect(async ({ id }) => {
    await askAfterTasks(road, { node: id });
    await road.ctx.store.system('a node serves all organisations').transaction(async (unit) => {
      for (const one of await unit.em.find(Deployment, { status: ['running', 'watching'] })) await wake(unit, one);
      for (const one of await unit.em.find(Deployment, { status: 'live' })) await repairSoon(unit, one);
    });
  });
}

/** Finds tasks by id; remembered, because a build writes thousands of lines. */
function taskDirectory(road: Road): (id: string) => Promise<Task | null> {
  const known = new Map<string, Task>();
  return async (id) => {
    const remembered = known.get(id);
    if (remembered) return remembered;
    const found = await road.ctx.store
      .system('a task names its organisation only in its row')
      .transaction((unit) => unit.em.findOne(Task, { id }));
    if (found) known.set(id, found);
    const oldest = known.size > 500 ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    return found;
  };
}
