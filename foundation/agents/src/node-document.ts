import type { Infer, NodeInfo } from '@containr/sdk';
import { defineSchema, Id, nodePlacements, OptionalTimestamp } from '@containr/sdk';

/** Labels of a node: `region: eu-1`. */
export const Labels = defineSchema({
  type: 'object',
  propertyNames: { pattern: '^[a-z0-9]([a-z0-9./_-]{0,61}[a-z0-9])?$' },
  additionalProperties: { type: 'string', maxLength: 100 },
  maxProperties: 32,
});

/** A node as the API shows it. */
export const NodeDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    name: { type: 'string' },
    state: { type: 'string', enum: ['reachable', 'unknown'] },
    placement: { type: 'string', enum: nodePlacements },
    placementSince: OptionalTimestamp,
    capabilities: { type: 'array', items: { type: 'string' } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    address: { type: 'string' },
    cpus: { type: 'number' },
    memoryBytes: { type: 'integer' },
    lastSeenAt: OptionalTimestamp,
  },
  required: [
    'id',
    'name',
    'state',
    'placement',
    'placementSince',
    'capabilities',
    'labels',
    'address',
    'cpus',
    'memoryBytes',
    'lastSeenAt',
  ],
  additionalProperties: false,
});

/** Shows a node. */
export function showNode(node: NodeInfo): Infer<typeof NodeDocument> {
  const { id, name, state, placement, placementSince, address, cpus, memoryBytes, lastSeenAt } = node;
  return {
    id,
    name,
    state,
    placement,
    placementSince: placementSince?.toISOString() ?? null,
    capabilities: [...node.capabilities],
    labels: { ...node.labels },
    address,
    cpus,
    memoryBytes,
    lastSeenAt: lastSeenAt?.toISOString() ?? null,
  };
}
