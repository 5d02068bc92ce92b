import { ContainrError } from '@containr/sdk';
import { describeCrash } from '../health/diagnose.ts';
import { now } from '../engine/road.ts';
import { switchBack } from '../engine/switch-back.ts';
import type { Replica } from '../entities/replica.ts';
import type { PhaseWork } from './phase-work.ts';

/** Keeps the old replicas warm for a while; a crash of the new ones in that time switches back. */
export const watch: PhaseWork = {
  timeoutMs: (_, deployment) => deployment.spec.watchMs + 60_000,
  async run(road, { deployment, replicas }) {
    const crashed = replicas.find((replica) => replica.desired === 'running' && hasCrashed(replica));
    if (crashed) {
      // Visitors first, the explanation after.
      const back = await switchBack(road, deployment);
      const what = await describeCrash(road, deployment, crashed);
      throw new ContainrError({
        code: 'CRASHED_AFTER_SWITCH',
        status: 409,
        detail: `The new version crashed after it took over. ${what}`,
        hint:
          back === null
            ? 'There was no earlier version to go back to: read the last log lines, mend it and deploy again.'
            : `#${back} serves again; read the last log lines, mend it and deploy again.`,
      });
    }
    const until = deployment.watchUntil ?? now(road);
    return now(road) < until ? { kind: 'wait', at: until } : { kind: 'done' };
  },
};

function hasCrashed(replica: Replica): boolean {
  return (
    replica.role === 'serving' &&
    (replica.state === 'exited' || replica.state === 'gone' || replica.restarts > (replica.restartsAtSwitch ?? 0))
  );
}
