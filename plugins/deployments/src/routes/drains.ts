import type { Infer, NodeInfo } from '@containr/sdk';
import { can, defineSchema, Id, listQuery, OptionalTimestamp, pageOf } from '@containr/sdk';
import type { Road } from '../engine/road.ts';
import { Deployment } from '../entities/deployment.ts';
import { Replica } from '../entities/replica.ts';

const DrainQuery = defineSchema({
  type: 'object',
  properties: { ...listQuery, node: Id },
  additionalProperties: false,
});

/** How far the emptying of a node is. */
export const DrainDocument = defineSchema({
  type: 'object',
  properties: {
    node: Id,
    name: { type: 'string' },
    state: { type: 'string', enum: ['draining', 'drained', 'ended'] },
    startedAt: OptionalTimestamp,
    /** Replicas that have left since it began. */
    moved: { type: 'integer' },
    /** Replicas that are still there. */
    left: { type: 'integer' },
    /** What those that are there wait for, for people. */
    waits: { type: 'array', items: { type: 'string' }, maxItems: 50 },
  },
  required: ['node', 'name', 'state', 'startedAt', 'moved', 'left', 'waits'],
  additionalProperties: false,
});
type DrainDocument = Infer<typeof DrainDocument>;

/** `GET /drains`: nodes that are being emptied, and with `node` also one that is not. */
export function drainRoutes(road: Road): void {
  road.ctx.http.route({
    method: 'GET',
    path: '/drains',
    permission: 'node:read',
    summary: 'How far the emptying of machines is',
    query: DrainQuery,
    response: pageOf(DrainDocument),
    handler: async ({ query, principal }) => {
      const nodes = (await road.ctx.agents.nodes()).filter(({ id, placement }) =>
        query.node === undefined ? placement === 'draining' : id === query.node,
      );
      const mayName = can(principal, 'node:manage');
      return { items: await Promise.all(nodes.map((node) => describe(road, node, mayName))), nextCursor: null };
    },
  });
}

async function describe(road: Road, node: NodeInfo, mayName: boolean): Promise<DrainDocument> {
  const since = node.placement === 'draining' ? node.placementSince : null;
  return road.ctx.store.system('a node runs replicas of all organisations').transaction(async (unit) => {
    const there = await unit.em.find(Replica, { node: node.id, state: { $nin: ['gone', 'exited'] } });
    const moved =
      since === null ? 0 : await unit.em.count(Replica, { node: node.id, state: 'gone', endedAt: { $gte: since } });
    const deployments = await unit.em.find(Deployment, { id: { $in: there.map((one) => one.deployment) } });
    const successors = await unit.em.find(Replica, {
      replaces: { $in: there.map((one) => one.id) },
      desired: 'running',
    });
    const nameOf = (replica: Replica): string =>
      (mayName && deployments.find(({ id }) => id === replica.deployment)?.name) || 'A replica';
    return {
      node: node.id,
      name: node.name,
      state: since === null ? 'ended' : there.length === 0 ? 'drained' : 'draining',
      startedAt: since?.toISOString() ?? null,
      moved,
      left: there.length,
      waits:
        since === null
          ? []
          : there.slice(0, 50).map(
              (replica) =>
                `${nameOf(replica)}: ${waitOf(
                  replica,
                  deployments.find(({ id }) => id === replica.deployment)?.status ?? 'retired',
                  successors.some(({ replaces }) => replaces === replica.id),
                )}`,
            ),
    };
  });
}

function waitOf(replica: Replica, status: Deployment['status'], hasSuccessor: boolean): string {
  if (replica.desired === 'stopped') return 'stops';
  if (replica.role === 'leaving') return 'finishes its requests';
  if (replica.stuck !== null) return replica.stuck;
  if (status === 'watching') return 'is watched after its deployment, and moves then';
  if (status === 'running' || status === 'queued') return 'is being deployed, and moves then';
  return hasSuccessor ? 'its successor starts elsewhere' : 'waits for its turn';
}
