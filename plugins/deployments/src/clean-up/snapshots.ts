import { Removal } from '../entities/removal.ts';
import { Snapshot } from '../entities/snapshot.ts';
import type { Road } from '../engine/road.ts';
import { inMs, now } from '../engine/road.ts';
import { lockSnapshot } from '../snapshots/lock.ts';
import type { Reason } from './decide.ts';
import { neededBy } from './decide.ts';
import type { Candidate } from './facts.ts';
import { userOf, usersOfTrees } from './facts.ts';
import { everything } from './plan.ts';

const dayMs = 86_400_000;
const temporaryMs = 3_600_000;

/** Removes a snapshot, for every organisation that brought it, unless somebody came to use it. Answers what was removed. */
export async function removeSnapshot(
  road: Road,
  run: string,
  candidate: Candidate,
  reason: Reason,
): Promise<readonly Removal[]> {
  return everything(road).transaction(async (unit) => {
    await lockSnapshot(unit, candidate.key);
    const rows = await unit.em.find(Snapshot, { treeHash: candidate.key });
    const users = await usersOfTrees(unit, [candidate.key]);
    const used = Math.max(...rows.map((row) => row.usedAt.getTime()));
    if (rows.length === 0 || used !== candidate.usedAt || neededBy(users.map(userOf)) !== null) return [];
    const removals = rows.map((row, index) =>
      unit.em.create(
        Removal,
        {
          id: road.ctx.random.id(),
          organisation: row.organisation,
          run,
          kind: 'snapshot',
          name: `source ${candidate.key.slice(0, 12)}`,
          key: candidate.key,
          node: null,
          service: candidate.newest?.organisation === row.organisation ? candidate.newest.service : null,
          deployment: candidate.newest?.organisation === row.organisation ? candidate.newest.id : null,
          // One file, whoever brought it.
          sizeBytes: index === 0 ? row.sizeBytes : 0,
          reason,
          at: now(road),
          freedAt: now(road),
          problem: null,
        },
        { persist: true },
      ),
    );
    await unit.em.nativeDelete(Snapshot, { treeHash: candidate.key });
    await unit.em.flush();
    // While nobody else can take it in again.
    await road.snapshots.remove(candidate.key);
    return removals;
  });
}

/** Deletes what crashed uploads left, and files that no organisation has a right to. */
export async function removeStrays(road: Road): Promise<void> {
  await road.snapshots.sweep(inMs(road, -temporaryMs));
  await road.artifacts.sweep(inMs(road, -dayMs));
  for (const hash of await road.snapshots.olderThan(inMs(road, -dayMs))) {
    await everything(road).transaction(async (unit) => {
      await lockSnapshot(unit, hash);
      if ((await unit.em.count(Snapshot, { treeHash: hash })) === 0) await road.snapshots.remove(hash);
    });
  }
}
