import { Replica } from '../entities/replica.ts';
import type { Road } from './road.ts';

/** How many replicas there are on each node, by its id. */
export async function presentCounts(road: Road): Promise<Record<string, number>> {
  const rows = await road.ctx.store
    .system('placement counts the replicas of all organisations on a node')
    .transaction((unit) => unit.em.find(Replica, { state: { $ne: 'gone' } }, { fields: ['id', 'node'] }));
  const counts: Record<string, number> = {};
  for (const { node } of rows) counts[node] = (counts[node] ?? 0) + 1;
  return counts;
}
