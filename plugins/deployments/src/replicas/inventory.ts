import type { ReplicaState } from '@containr/sdk/contracts';
import { Deployment } from '../entities/deployment.ts';
import { Replica } from '../entities/replica.ts';
import type { Road } from '../engine/road.ts';
import { now } from '../engine/road.ts';
import { repairSoon, wake } from '../engine/wake.ts';
import { driver } from './drivers.ts';
import { observe } from './observe.ts';
import { reconcile } from './reconcile.ts';

/** Takes a node's whole list of replicas of one runtime, compares it with what is wanted there, and stops what is not. */
export async function takeInventory(
  road: Road,
  node: string,
  runtime: string,
  states: readonly ReplicaState[],
): Promise<void> {
  await observe(road, node, states);
  const proposal = await road.ctx.store
    .system('a node reports on replicas of all organisations')
    .transaction(async (unit) => {
      const present = states.map((state) => state.replica);
      const rows = await unit.em.find(Replica, {
        node,
        runtime,
        $or: [{ state: { $ne: 'gone' } }, { id: { $in: present } }],
      });
      // Another node's, whose agent shares the engine with this one: not this one's to stop.
      const others = await unit.em.find(Replica, { id: { $in: present }, node: { $ne: node } }, { fields: ['id'] });
      const foreign = new Set(others.map((row) => row.id));
      const decided = reconcile(
        present.filter((id) => !foreign.has(id)),
        rows,
        now(road),
      );
      for (const row of rows.filter((one) => decided.gone.includes(one.id))) {
        row.state = 'gone';
        row.endedAt ??= now(road);
        if (row.desired === 'stopped') continue;
        const deployment = await unit.em.findOne(Deployment, { id: row.deployment });
        if (deployment?.status === 'running' || deployment?.status === 'watching') await wake(unit, deployment);
        else if (deployment?.status === 'live') await repairSoon(unit, deployment);
      }
      return decided;
    });
  if (proposal.spared.length > 0)
    road.ctx.log.warn(
      { node, replicas: proposal.spared },
      'many replicas that nobody knows: only a part is stopped now',
    );
  for (const replica of proposal.stop) {
    road.ctx.log.info({ node, replica }, 'stopping a replica that is not wanted');
    road.background('stop a replica that is not wanted', async () => {
      await road.ctx.agents.call(node, driver(runtime).stop, { replica, signal: 'SIGTERM', graceMs: 10_000 });
      await road.ctx.store
        .system('the replica may be of any organisation')
        .transaction((unit) =>
          unit.em.nativeUpdate(Replica, { id: replica, node }, { state: 'gone', endedAt: now(road) }),
        );
    });
  }
}
