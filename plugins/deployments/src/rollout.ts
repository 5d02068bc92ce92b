import type { Implementation } from '@containr/sdk';
import { isContainrError, notFound } from '@containr/sdk';
import type { Rollout, RolloutOutcome } from '@containr/plugin-projects/contract';
import { createDeployment } from './engine/create.ts';
import type { Road } from './engine/road.ts';
import { storeOf } from './engine/road.ts';
import { Deployment } from './entities/deployment.ts';

/** Begins deployments of applied changes, each behind those of the services that it reads from. */
export function implementRollout(road: Road): Implementation<NonNullable<(typeof Rollout)['accepts']>> {
  return {
    async begin({ application, by, services }, { principal }) {
      const { organisation } = principal;
      if (organisation === null) throw notFound('organisation');
      const begun = new Map<string, string>();
      const deployments: RolloutOutcome[] = [];
      for (const { service, revision, after } of services) {
        const order = { organisation, service, revision, application, createdBy: by };
        const waitsFor = after.flatMap((one) => begun.get(one) ?? []);
        const outcome = await beginOne(road, { ...order, after: waitsFor });
        if (outcome.deployment !== null) begun.set(service, outcome.deployment);
        deployments.push(outcome);
      }
      return { deployments };
    },
  };
}

type Begin = Omit<Parameters<typeof createDeployment>[1], 'source'> & { readonly revision: number };

async function beginOne(road: Road, order: Begin): Promise<RolloutOutcome> {
  const { service, organisation } = order;
  const known = await storeOf(road, organisation).transaction((unit) => unit.em.count(Deployment, { service }));
  if (known === 0) return { service, deployment: null, reason: 'It has not been deployed yet.' };
  try {
    return { service, deployment: (await createDeployment(road, { ...order, source: null })).id, reason: null };
  } catch (error) {
    if (!isContainrError(error)) throw error;
    return { service, deployment: null, reason: error.message };
  }
}
