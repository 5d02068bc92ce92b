import { deliver } from '../engine/deliver.ts';
import { startReplicas } from '../replicas/start.ts';
import type { PhaseWork } from './phase-work.ts';

/** Starts the new replicas next to the old ones, on nodes that do not have the artifact as soon as it got there. */
export const start: PhaseWork = {
  timeoutMs: () => 1_800_000,
  async run(road, { deployment, replicas, tasks }) {
    const pending = replicas.filter((replica) => replica.state === 'pending' && replica.desired === 'running');
    const ready = await deliver(road, deployment, tasks, pending, 'start');
    await startReplicas(road, deployment, ready);
    return ready.length < pending.length ? { kind: 'wait' } : { kind: 'done' };
  },
};
