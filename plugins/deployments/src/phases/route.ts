import { diagnoseExit } from '../health/diagnose.ts';
import { isRouted } from '../engine/findings.ts';
import { actor } from '../engine/road.ts';
import { upstreamsOf } from '../replicas/upstreams.ts';
import { hasEnded } from './health.ts';
import type { PhaseWork } from './phase-work.ts';

/** Switches all routes of the service to the new replicas, in one step. The engine then writes down that it is live. */
export const route: PhaseWork = {
  timeoutMs: () => 60_000,
  async run(road, { deployment, replicas }) {
    const wanted = replicas.filter((replica) => replica.desired === 'running');
    const ended = wanted.find(hasEnded);
    if (ended) throw await diagnoseExit(road, deployment, ended);
    if (!isRouted(deployment)) return { kind: 'done', skipped: true, message: 'No requests come to it.' };
    await road.routes.switchTo(
      {
        service: deployment.service,
        deployment: deployment.id,
        upstreams: upstreamsOf(wanted),
        balance: deployment.spec.balance,
      },
      actor(road, deployment.organisation),
    );
    return { kind: 'done' };
  },
};
