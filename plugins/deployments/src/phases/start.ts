import { startReplicas } from '../replicas/start.ts';
import type { PhaseWork } from './phase-work.ts';

/** Starts the new replicas next to the old ones. */
export const start: PhaseWork = {
  timeoutMs: () => 600_000,
  async run(road, { deployment, replicas }) {
    await startReplicas(
      road,
      deployment,
      replicas.filter((replica) => replica.state === 'pending' && replica.desired === 'running'),
    );
    return { kind: 'done' };
  },
};
