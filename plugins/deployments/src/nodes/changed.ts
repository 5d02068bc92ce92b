import type { Road } from '../engine/road.ts';
import { repairSoon } from '../engine/wake.ts';
import { Replica } from '../entities/replica.ts';

/** A node is to be emptied, or not any more: whoever has replicas there looks at them. */
export async function nodeChanged(road: Road, node: string): Promise<void> {
  await road.ctx.store.system('a node runs replicas of all organisations').transaction(async (unit) => {
    const rows = await unit.em.find(Replica, { node, desired: 'running', state: { $ne: 'gone' } });
    for (const row of new Map(rows.map((one) => [one.service, one])).values()) await repairSoon(unit, row);
  });
}
