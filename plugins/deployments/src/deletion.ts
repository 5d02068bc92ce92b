import type { GoingDocument } from '@containr/plugin-projects/contract';
import { going } from '@containr/plugin-projects/contract';
import type { Road } from './engine/road.ts';
import { storeOf } from './engine/road.ts';
import { Deployment } from './entities/deployment.ts';

/** What a deletion of services ends: deployments that serve, and the way back to artifacts. */
export async function describeGoing(
  road: Road,
  of: { organisation: string; services: readonly string[] },
): Promise<GoingDocument[]> {
  const service = { $in: [...of.services] };
  const rows = await storeOf(road, of.organisation).transaction(({ em }) =>
    em.find(
      Deployment,
      { organisation: of.organisation, service, artifactRemovedAt: null },
      { orderBy: { createdAt: 'desc' }, fields: ['id', 'name', 'number', 'status', 'artifact'] },
    ),
  );
  const serving = rows.filter((row) => row.status === 'live' || row.status === 'watching');
  const artifacts = rows.flatMap(({ artifact }) => (artifact ? [artifact.reference] : []));
  return [
    ...going(
      'live deployments',
      serving.map((row) => `${row.name} #${row.number}`),
    ),
    ...going('artifacts to roll back to', [...new Set(artifacts)]),
  ];
}
