import { ContainrError } from '@containr/sdk';
import { describeCrash } from '../health/diagnose.ts';
import { isRouted } from '../engine/findings.ts';
import type { Road } from '../engine/road.ts';
import { actor, now, storeOf } from '../engine/road.ts';
import { Deployment } from '../entities/deployment.ts';
import { Replica } from '../entities/replica.ts';
import { upstreamsOf } from '../replicas/upstreams.ts';
import type { PhaseWork } from './phase-work.ts';

/** Keeps the old replicas warm for a while; a crash of the new ones in that time switches back. */
export const watch: PhaseWork = {
  timeoutMs: (_, deployment) => deployment.spec.watchMs + 60_000,
  async run(road, { deployment, replicas }) {
    const crashed = replicas.find((replica) => replica.desired === 'running' && hasCrashed(replica));
    if (crashed) {
      const what = await describeCrash(road, deployment, crashed);
      const back = await switchBack(road, deployment);
      throw new ContainrError({
        code: 'CRASHED_AFTER_SWITCH',
        status: 409,
        detail: `The new version crashed after it took over. ${what}`,
        hint: back === null ? 'There was no earlier version to go back to: read the last log lines, mend it and deploy again.' : `#${back} serves again; read the last log lines, mend it and deploy again.`,
      });
    }
    const until = deployment.watchUntil ?? now(road);
    return now(road) < until ? { kind: 'wait', at: until } : { kind: 'done' };
  },
};

function hasCrashed(replica: Replica): boolean {
  return replica.role === 'serving' && (replica.state === 'exited' || replica.state === 'gone' || replica.restarts > (replica.restartsAtSwitch ?? 0));
}

/** Points the routes back to the deployment before, if its replicas still run. Returns its number, `null` when there is none. */
export async function switchBack(road: Road, deployment: Deployment): Promise<number | null> {
  const store = storeOf(road, deployment.organisation);
  const { previous, replicas } = await store.transaction(async (unit) => {
    const earlier = deployment.previous === null ? null : await unit.em.findOne(Deployment, { id: deployment.previous, status: ['live', 'watching'] });
    return { previous: earlier, replicas: earlier ? await unit.em.find(Replica, { deployment: earlier.id, role: 'serving' }) : [] };
  });
  const upstreams = upstreamsOf(replicas);
  if (isRouted(deployment)) {
    await road.routes.switchTo({ service: deployment.service, deployment: previous?.id ?? null, upstreams }, actor(road, deployment.organisation));
  }
  return previous?.number ?? null;
}
