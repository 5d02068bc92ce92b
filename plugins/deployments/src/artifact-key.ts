import type { UnitOfWork } from '@containr/sdk';
import type { Artifact } from '@containr/sdk/contracts';
import { Deployment } from './entities/deployment.ts';
import { query } from './engine/query.ts';

/** Names an artifact among all of an install; `null` for what is no node's own, like an image of a registry. */
export function artifactKey(artifact: Artifact | null): string | null {
  if (artifact === null || artifact.node === '') return null;
  return [artifact.node, artifact.runtime, artifact.kind === 'image' ? artifact.id : artifact.reference].join(' ');
}

/** An artifact is at home on another node now, where it may have been removed from before. */
export async function rehome(unit: UnitOfWork, row: Deployment, artifact: Artifact): Promise<void> {
  const key = artifactKey(artifact);
  if (key !== null) {
    await lockArtifact(unit, key);
    await unit.em.nativeUpdate(Deployment, { artifactKey: key }, { artifactRemovedAt: null });
  }
  row.artifact = artifact;
  row.artifactKey = key;
}

/** Until the transaction ends, nobody else begins to use this artifact or removes it. */
export async function lockArtifact(unit: UnitOfWork, key: string): Promise<void> {
  await query(unit, 'select pg_advisory_xact_lock(hashtextextended(?, 13))', [key]);
}

/** Whether an artifact was removed, or is about to be. Who asks holds its lock until it has written that it uses it. */
export async function isRemoved(unit: UnitOfWork, artifact: Artifact | null): Promise<boolean> {
  const key = artifactKey(artifact);
  if (key === null) return false;
  await lockArtifact(unit, key);
  return (await unit.em.count(Deployment, { artifactKey: key, artifactRemovedAt: { $ne: null } })) > 0;
}
