import { defineJob, defineSchema, Empty, Id } from '@containr/sdk';
import { CleanUp } from '../entities/clean-up.ts';
import type { Removal } from '../entities/removal.ts';
import { query } from '../engine/query.ts';
import type { Road } from '../engine/road.ts';
import { inMs, now } from '../engine/road.ts';
import { freeTheRest, removeArtifact } from './artifacts.ts';
import { everything, planCleanUp } from './plan.ts';
import { removeSnapshot, removeStrays } from './snapshots.ts';

const dayMs = 86_400_000;

/** A clean-up that a person asked for; its row is there already. */
export const RunCleanUp = defineJob({
  name: 'clean-up.run',
  input: defineSchema({ type: 'object', properties: { run: Id }, required: ['run'], additionalProperties: false }),
  summary: 'Removes what is not needed any more, because somebody asked for it',
});

/** The clean-up of every hour. */
export const KeepClean = defineJob({
  name: 'clean-up.hourly',
  input: Empty,
  summary: 'Removes what is not needed any more',
});

/** Does one clean-up; safe to run again at any time. `run` is its row's id, `null` for one that nobody asked for. */
export async function cleanUp(road: Road, run: string | null): Promise<void> {
  const id = run ?? road.ctx.random.id();
  const startedAt = now(road);
  const freed: Removal[] = [];
  let problem: string | null = null;
  try {
    freed.push(...(await freeTheRest(road)));
    const plan = await planCleanUp(road);
    const artifacts = new Map(plan.artifacts.map((one) => [one.key, one]));
    for (const { key, reason } of plan.ofArtifacts.remove) {
      const candidate = artifacts.get(key);
      const removal = candidate && (await removeArtifact(road, id, candidate, reason));
      if (removal) freed.push(removal);
    }
    const snapshots = new Map(plan.snapshots.map((one) => [one.key, one]));
    for (const { key, reason } of plan.ofSnapshots.remove) {
      const candidate = snapshots.get(key);
      if (candidate) freed.push(...(await removeSnapshot(road, id, candidate, reason)));
    }
    await removeStrays(road);
    await forgetRecords(road);
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    if (run !== null || freed.length > 0 || problem !== null) await close(road, { id, startedAt, freed, problem });
  }
}

async function close(
  road: Road,
  { id, startedAt, freed, problem }: { id: string; startedAt: Date; freed: readonly Removal[]; problem: string | null },
): Promise<void> {
  await everything(road).transaction((unit) =>
    unit.em.upsert(
      CleanUp,
      {
        id,
        by: 'schedule',
        startedAt,
        endedAt: now(road),
        removed: freed.length,
        freedBytes: freed.reduce((sum, one) => sum + (one.freedAt === null ? 0 : one.sizeBytes), 0),
        problem,
      },
      {
        onConflictFields: ['id'],
        onConflictAction: 'merge',
        onConflictMergeFields: ['endedAt', 'removed', 'freedBytes', 'problem'],
      },
    ),
  );
}

/** Tasks and replicas of deployments that ended long ago; the deployments themselves and their phases stay as history. */
async function forgetRecords(road: Road): Promise<void> {
  const before = inMs(road, -road.ctx.settings.current.recordDays * dayMs);
  await everything(road).transaction(async (unit) => {
    for (const table of ['tasks', 'replicas'] as const) {
      const gone = table === 'replicas' ? `and one.state = 'gone'` : 'and one.outcome is not null';
      await query(
        unit,
        `delete from plugin_deployments.${table} one using plugin_deployments.deployments d
         where d.id = one.deployment and one.ended_at < ? and d.ended_at < ? ${gone}`,
        [before, before],
      );
    }
  });
}
