import { Snapshot } from '../entities/snapshot.ts';
import type { Road } from '../engine/road.ts';
import { now, storeOf } from '../engine/road.ts';
import { lockSnapshot } from './lock.ts';

/** Takes an archive into the store for an organisation. Throws the `UPLOAD_…` codes and `SOURCE_EMPTY`. */
export async function keepSnapshot(
  road: Road,
  organisation: string,
  archive: string,
  signal: AbortSignal,
): Promise<{ id: string; treeHash: string }> {
  const taken = await road.snapshots.take(archive, signal);
  const kept = await storeOf(road, organisation).transaction(async (unit) => {
    await lockSnapshot(unit, taken.treeHash);
    // A clean-up came between: it is taken in once more.
    if (!(await road.snapshots.exists(taken.treeHash))) return null;
    const row = await unit.em.upsert(
      Snapshot,
      {
        id: road.ctx.random.id(),
        organisation,
        treeHash: taken.treeHash,
        sizeBytes: taken.sizeBytes,
        entries: taken.entries,
        createdAt: now(road),
        usedAt: now(road),
      },
      { onConflictFields: ['organisation', 'treeHash'], onConflictAction: 'merge', onConflictMergeFields: ['usedAt'] },
    );
    return { id: row.id, treeHash: taken.treeHash };
  });
  return kept ?? keepSnapshot(road, organisation, archive, signal);
}
