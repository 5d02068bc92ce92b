import { isContainrError } from '@containr/sdk';
import type { Artifact } from '@containr/sdk/contracts';
import { artifactKey, lockArtifact } from '../artifact-key.ts';
import { Deployment } from '../entities/deployment.ts';
import { Removal } from '../entities/removal.ts';
import { Replica } from '../entities/replica.ts';
import { whereabouts } from '../engine/whereabouts.ts';
import type { Road } from '../engine/road.ts';
import { now } from '../engine/road.ts';
import { driver } from '../replicas/drivers.ts';
import type { Reason } from './decide.ts';
import { neededBy } from './decide.ts';
import type { Candidate } from './facts.ts';
import { userOf } from './facts.ts';
import { everything } from './plan.ts';

/**
 * Removes an artifact that was decided on. First it is written down as removed, under its lock and only if nobody uses it by now;
 * from then on no deployment begins to use it. Then its node frees it. Answers the removal, `null` when it is needed after all.
 */
export async function removeArtifact(
  road: Road,
  run: string,
  candidate: Candidate,
  reason: Reason,
): Promise<Removal | null> {
  const claimed = await everything(road).transaction(async (unit) => {
    await lockArtifact(unit, candidate.key);
    const rows = await unit.em.find(Deployment, { artifactKey: candidate.key }, { orderBy: { number: 'asc' } });
    const newest = rows.at(-1);
    if (!newest || rows.some((row) => row.artifactRemovedAt !== null) || neededBy(rows.map(userOf)) !== null)
      return null;
    for (const row of rows) row.artifactRemovedAt = now(road);
    return unit.em.create(
      Removal,
      {
        id: road.ctx.random.id(),
        organisation: newest.organisation,
        run,
        kind: 'artifact',
        name: `${newest.name} #${newest.number}`,
        key: candidate.key,
        node: candidate.place,
        service: newest.service,
        deployment: newest.id,
        sizeBytes: candidate.sizeBytes,
        reason,
        at: now(road),
        freedAt: null,
        problem: null,
      },
      { persist: true },
    );
  });
  return claimed && (await free(road, claimed));
}

/** Has what was removed earlier freed by nodes that could not be asked then. */
export async function freeTheRest(road: Road): Promise<readonly Removal[]> {
  const reachable = (await road.ctx.agents.nodes()).filter((node) => node.state !== 'unknown').map((node) => node.id);
  const open = await everything(road).transaction((unit) =>
    unit.em.find(Removal, { freedAt: null, node: { $in: reachable } }, { limit: 500 }),
  );
  const freed: Removal[] = [];
  for (const removal of open) {
    const done = await free(road, removal);
    if (done?.freedAt) freed.push(done);
  }
  return freed;
}

/** Asks the node. One that finds a replica of it keeps it, and the removal is taken back. */
async function free(road: Road, removal: Removal): Promise<Removal | null> {
  const { rows, artifact } = await everything(road).transaction(async (unit) => {
    const found = await unit.em.find(Deployment, { artifactKey: removal.key }, { fields: ['id', 'artifact'] });
    return { rows: found, artifact: found[0]?.artifact ?? null };
  });
  try {
    if (artifact)
      await road.ctx.agents.call(artifact.node, driver(artifact.runtime).remove, {
        artifact,
        deployments: rows.map((row) => row.id),
      });
    if (artifact) await freeCopies(road, artifact);
    return await note(road, removal, { freedAt: now(road), problem: null });
  } catch (error) {
    if (!isContainrError(error)) throw error;
    if (error.code !== 'CONFLICT_IN_USE') return note(road, removal, { problem: error.message });
    road.ctx.log.info({ artifact: removal.key }, 'an artifact is kept: its node still uses it');
    await everything(road).transaction(async (unit) => {
      await lockArtifact(unit, removal.key);
      await unit.em.nativeUpdate(Deployment, { artifactKey: removal.key }, { artifactRemovedAt: null });
      await unit.em.nativeDelete(Removal, { id: removal.id });
    });
    return null;
  }
}

/** Other nodes to which it was carried have it too; each keeps it while a deployment names it there, or a replica of it runs. */
async function freeCopies(road: Road, artifact: Artifact): Promise<void> {
  const { nodes } = await whereabouts(road, artifact, await road.ctx.agents.nodes());
  for (const node of nodes) {
    const copy = { ...artifact, node };
    const users = await everything(road).transaction((unit) =>
      unit.em.find(Deployment, { artifactKey: artifactKey(copy), artifactRemovedAt: null }, { fields: ['id'] }),
    );
    if (users.length > 0) continue;
    const named = await everything(road).transaction((unit) =>
      unit.em.find(Replica, { node, state: { $ne: 'gone' } }, { fields: ['id', 'deployment'] }),
    );
    const deployments = [...new Set(named.map((row) => row.deployment))];
    await road.ctx.agents
      .call(node, driver(artifact.runtime).remove, { artifact: copy, deployments })
      .catch((error: unknown) => {
        if (!isContainrError(error)) throw error;
        road.ctx.log.info({ error, node, artifact: artifact.id }, 'a copy of an artifact is not freed yet');
      });
  }
}

async function note(
  road: Road,
  removal: Removal,
  what: Partial<Pick<Removal, 'freedAt' | 'problem'>>,
): Promise<Removal> {
  await everything(road).transaction((unit) => unit.em.nativeUpdate(Removal, { id: removal.id }, what));
  return { ...removal, ...what };
}
