import type { Implementation } from '@containr/sdk';
import type { Deployments } from './contract.ts';
import { Deployment } from './entities/deployment.ts';
import { createDeployment } from './engine/create.ts';
import type { Road } from './engine/road.ts';
import { storeOf } from './engine/road.ts';
import { suspend } from './engine/suspend.ts';
import { organisationOf } from './routes/caller.ts';
import { one } from './routes/deployments.ts';
import { keepSnapshot } from './snapshots/keep.ts';

/** What other plugins may ask of deployments. */
export function implementDeployments(road: Road): Implementation<NonNullable<(typeof Deployments)['accepts']>> {
  return {
    async importSnapshot({ path }, { principal, signal }) {
      const { treeHash } = await keepSnapshot(road, organisationOf(principal), path, signal);
      return { treeHash };
    },
    async request({ service, source, revision }, { principal }) {
      const organisation = organisationOf(principal);
      const deployment = await createDeployment(road, {
        organisation,
        service,
        source,
        revision,
        createdBy: principal.name,
      });
      return one(road, organisation, deployment.id);
    },
    get: ({ id }, { principal }) => one(road, organisationOf(principal), id),
    async live({ service }, { principal }) {
      const organisation = organisationOf(principal);
      const row = await storeOf(road, organisation).transaction((unit) =>
        unit.em.findOne(
          Deployment,
          { organisation, service, status: ['live', 'watching'] },
          { orderBy: { number: 'desc' } },
        ),
      );
      return { deployment: row ? await one(road, organisation, row.id) : null };
    },
    async liveServices({ kind }, { principal }) {
      const store =
        principal.organisation === null
          ? road.ctx.store.system('schedules of all organisations are kept')
          : storeOf(road, principal.organisation);
      const rows = await store.transaction((unit) =>
        unit.em.find(
          Deployment,
          { serviceKind: kind, status: ['live', 'watching'] },
          { fields: ['id', 'service', 'organisation'] },
        ),
      );
      const byService = new Map(rows.map(({ service, organisation }) => [service, { service, organisation }]));
      return { services: [...byService.values()] };
    },
    suspend: async (_, { principal }) => ({ stopped: await suspend(road, principal) }),
    async latestCommits({ services }, { principal }) {
      const organisation = organisationOf(principal);
      const rows = await storeOf(road, organisation).transaction((unit) =>
        unit.em.find(
          Deployment,
          { organisation, service: { $in: services }, rollbackOf: null, promotedFrom: null },
          { orderBy: { number: 'asc' }, fields: ['id', 'service', 'source'] },
        ),
      );
      const commits: Record<string, string> = {};
      for (const { service, source } of rows)
        if (source.kind === 'git' && source.commit !== null) commits[service] = source.commit;
      return { commits };
    },
  };
}
