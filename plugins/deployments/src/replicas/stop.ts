import { isContainrError } from '@containr/sdk';
import { Replica } from '../entities/replica.ts';
import type { Road } from '../engine/road.ts';
import { now, storeOf } from '../engine/road.ts';
import { Deployment } from '../entities/deployment.ts';
import { driver } from './drivers.ts';

/** Stops and removes replicas and remembers that they are gone. One that can't be reached stays wanted stopped, for the sweep. */
export async function stopReplicas(
  road: Road,
  replicas: readonly Replica[],
  options: { keepDesired?: boolean } = {},
): Promise<void> {
  await Promise.all(replicas.map((replica) => stopReplica(road, replica, options.keepDesired ?? false)));
}

async function stopReplica(road: Road, replica: Replica, keepDesired: boolean): Promise<void> {
  if (replica.state === 'gone') return;
  const store = storeOf(road, replica.organisation);
  try {
    const deployment = await store.transaction((unit) => unit.em.findOne(Deployment, { id: replica.deployment }));
    const stop = deployment?.spec.stop ?? { signal: 'SIGTERM', graceMs: 10_000 };
    await road.ctx.agents.call(replica.node, driver(replica.runtime).stop, { replica: replica.id, ...stop });
    await store.transaction((unit) =>
      unit.em.nativeUpdate(
        Replica,
        { id: replica.id },
        {
          state: 'gone',
          ...(keepDesired ? {} : { desired: 'stopped' as const }),
          endedAt: replica.endedAt ?? now(road),
          observedAt: now(road),
        },
      ),
    );
  } catch (error) {
    const expected = isContainrError(error) && error.code === 'NODE_UNREACHABLE';
    road.ctx.log[expected ? 'info' : 'warn'](
      { error, replica: replica.id, node: replica.node },
      'could not stop a replica yet',
    );
  }
}
