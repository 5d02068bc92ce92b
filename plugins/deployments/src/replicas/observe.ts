import type { ReplicaState } from '@containr/sdk/contracts';
import { Deployment } from '../entities/deployment.ts';
import { Replica } from '../entities/replica.ts';
import type { Road } from '../engine/road.ts';
import { now } from '../engine/road.ts';
import { repairSoon, wake } from '../engine/wake.ts';

/**
 * Writes down what a node says of its replicas, and wakes who has to act on it. Only rows of that very node are touched: a node
 * can't speak for another one's replicas.
 */
export async function observe(road: Road, node: string, states: readonly ReplicaState[]): Promise<void> {
  if (states.length === 0) return;
  await road.ctx.store.system('a node reports on replicas of all organisations').transaction(async (unit) => {
    const rows = await unit.em.find(Replica, { id: { $in: states.map((state) => state.replica) }, node });
    for (const row of rows) {
      const state = states.find((one) => one.replica === row.id);
      if (!state || row.state === 'gone') continue;
      const before = { state: row.state, restarts: row.restarts, at: `${row.address ?? ''}:${row.port ?? ''}` };
      write(row, state, now(road));
      const ended = row.state === 'exited' && before.state !== 'exited';
      const moved = before.at !== ':' && before.at !== `${row.address ?? ''}:${row.port ?? ''}`;
      if (
        row.desired === 'stopped' ||
        !(ended || moved || row.restarts > before.restarts || before.state !== row.state)
      )
        continue;
      const deployment = await unit.em.findOne(Deployment, { id: row.deployment });
      if (!deployment) continue;
      if (deployment.status === 'running' || deployment.status === 'watching') await wake(unit, deployment);
      if (
        (deployment.status === 'live' || deployment.status === 'watching') &&
        (ended || moved || row.role === 'candidate')
      )
        await repairSoon(unit, deployment);
    }
  });
}

function write(row: Replica, state: ReplicaState, at: Date): void {
  row.state = state.state;
  // A replica that was started again does not say how it ended before; what is known of it stays.
  row.exitCode = state.exitCode ?? (state.restarts > 0 ? row.exitCode : null);
  row.outOfMemory = state.outOfMemory || (row.outOfMemory && state.restarts > 0);
  row.restarts = state.restarts;
  row.address = state.address;
  row.port = state.port === 0 ? null : state.port;
  row.isolation = state.isolation;
  row.startedAt = state.startedAt === null ? null : new Date(state.startedAt);
  row.endedAt = state.endedAt === null ? null : new Date(state.endedAt);
  row.observedAt = at;
}
