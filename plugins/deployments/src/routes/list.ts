import type { FilterQuery } from '@mikro-orm/core';
import { invalid } from '@containr/sdk';
import type { DeploymentDocument, DeploymentStatus } from '../contract.ts';
import { Deployment } from '../entities/deployment.ts';
import { documentsOf, listedFields } from '../documents.ts';
import type { Road } from '../engine/road.ts';
import { storeOf } from '../engine/road.ts';

/** What a list may be narrowed to. */
export interface ListFilter {
  readonly limit: number;
  readonly cursor?: string;
  readonly search?: string;
  readonly sort?: string;
  readonly service?: string;
  readonly project?: string;
  readonly environment?: string;
  readonly status?: DeploymentStatus;
}

/** One page, newest first; ids grow with time, so the last id is the cursor. Plans stay out: they are large. */
export async function listDeployments(
  road: Road,
  organisation: string,
  filter: ListFilter,
): Promise<{ items: DeploymentDocument[]; nextCursor: string | null }> {
  if (filter.sort !== undefined && filter.sort !== '-createdAt' && filter.sort !== 'createdAt') {
    throw invalid('Deployments can only be sorted by createdAt.', [
      { path: '/sort', message: 'must be createdAt or -createdAt' },
    ]);
  }
  const ascending = filter.sort === 'createdAt';
  if (filter.cursor !== undefined && !/^[0-9a-f-]{36}$/.test(filter.cursor))
    throw invalid('The cursor is not one of this list.', [{ path: '/cursor', message: 'is not a cursor' }]);
  const where: FilterQuery<Deployment> = {
    organisation,
    ...(filter.service === undefined ? {} : { service: filter.service }),
    ...(filter.project === undefined ? {} : { project: filter.project }),
    ...(filter.environment === undefined ? {} : { environment: filter.environment }),
    ...(filter.status === undefined ? {} : { status: filter.status }),
    ...(filter.cursor === undefined ? {} : { id: ascending ? { $gt: filter.cursor } : { $lt: filter.cursor } }),
    ...(filter.search === undefined ? {} : { name: { $ilike: `%${filter.search.replaceAll(/[%_\\]/g, '\\$&')}%` } }),
  };
  const rows = await storeOf(road, organisation).transaction((unit) =>
    unit.em.find(Deployment, where, {
      orderBy: { id: ascending ? 'asc' : 'desc' },
      limit: filter.limit + 1,
      fields: listedFields,
    }),
  );
  const page = rows.slice(0, filter.limit);
  const items = await documentsOf(road, organisation, page);
  return { items, nextCursor: rows.length > filter.limit ? (page.at(-1)?.id ?? null) : null };
}
