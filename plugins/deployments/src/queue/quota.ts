import { ContainrError } from '@containr/sdk';
import { artifactKey } from '../artifact-key.ts';
import { causes } from '../causes.ts';
import { Deployment } from '../entities/deployment.ts';
import type { Road } from '../engine/road.ts';
import { actor, storeOf } from '../engine/road.ts';

/** How many builds at once organisations may have that have a limit of their own. */
export async function buildLimits(road: Road): Promise<ReadonlyMap<string, number>> {
  const { organisations } = await road.quotas.limits({}, { principal: road.ctx.principal(null) });
  return new Map(
    organisations.flatMap(({ organisation, limits }): [string, number][] =>
      limits.builds === undefined ? [] : [[organisation, limits.builds]],
    ),
  );
}

/** What an organisation uses: builds at once, and the room of its artifacts, each counted once. */
export async function useOfBuilds(
  road: Road,
  organisation: string,
): Promise<{ builds: number; artifactBytes: number }> {
  return storeOf(road, organisation).transaction(async ({ em }) => {
    const rows = await em.find(
      Deployment,
      { organisation, artifactKey: { $ne: null }, artifactRemovedAt: null },
      { fields: ['id', 'artifact'] },
    );
    const sizes = new Map(rows.map((row) => [artifactKey(row.artifact), row.artifact?.sizeBytes ?? 0]));
    return {
      builds: await em.count(Deployment, { organisation, status: 'running', slot: 'build' }),
      artifactBytes: [...sizes.values()].reduce((sum, one) => sum + one, 0),
    };
  });
}

/** Sees that there is room for one more artifact. Throws `QUOTA_EXCEEDED`. */
export async function requireRoomForArtifact(road: Road, organisation: string): Promise<void> {
  const { organisations } = await road.quotas.limits({}, actor(road, organisation));
  const limit = organisations[0]?.limits.artifactBytes;
  if (limit === undefined) return;
  const { artifactBytes } = await useOfBuilds(road, organisation);
  if (artifactBytes < limit) return;
  throw new ContainrError({
    code: 'QUOTA_EXCEEDED',
    status: 409,
    detail: `The artifacts of the organisation take ${mebibytes(artifactBytes)} of the ${mebibytes(limit)} that they may.`,
    hint: causes.QUOTA_EXCEEDED.hint,
  });
}

function mebibytes(count: number): string {
  return `${(count / 1_048_576).toFixed(1)} MiB`;
}
