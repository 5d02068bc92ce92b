import type { Upstream } from '@containr/sdk/contracts';
import type { Replica } from '../entities/replica.ts';

/** Where requests can go: replicas that run, are wanted, and have an address. */
export function upstreamsOf(replicas: readonly Replica[]): Upstream[] {
  return replicas.flatMap((replica) =>
    replica.state === 'running' && replica.desired === 'running' && replica.address !== null && replica.port !== null
      ? [{ replica: replica.id, node: replica.node, address: replica.address, port: replica.port }]
      : [],
  );
}
