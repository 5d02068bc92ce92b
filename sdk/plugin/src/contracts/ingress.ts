import type { Infer } from '../schema.ts';
import { defineSchema, Id } from '../schema.ts';
import { defineContract } from '../services.ts';

/** One place that requests can go to. */
export const Upstream = defineSchema({
  type: 'object',
  properties: {
    replica: Id,
    node: { type: 'string' },
    address: { type: 'string' },
    port: { type: 'integer', minimum: 1, maximum: 65535 },
  },
  required: ['replica', 'node', 'address', 'port'],
  additionalProperties: false,
});
export type Upstream = Infer<typeof Upstream>;

/** Host + path > service. `path` starts and ends with `/`; the longest match wins. */
export const Route = defineSchema({
  type: 'object',
  properties: {
    host: { type: 'string', maxLength: 253 },
    path: { type: 'string', pattern: '^/' },
    service: Id,
    deployment: { anyOf: [Id, { type: 'null' }] },
    upstreams: { type: 'array', items: Upstream },
  },
  required: ['host', 'path', 'service', 'deployment', 'upstreams'],
  additionalProperties: false,
});

/** The whole route table, one versioned document. */
export const RouteTable = defineSchema({
  type: 'object',
  properties: { revision: { type: 'integer', minimum: 0 }, routes: { type: 'array', items: Route } },
  required: ['revision', 'routes'],
  additionalProperties: false,
});
export type RouteTable = Infer<typeof RouteTable>;

const Applied = defineSchema({
  type: 'object',
  properties: { revision: { type: 'integer' } },
  required: ['revision'],
  additionalProperties: false,
});
const Replicas = defineSchema({
  type: 'object',
  properties: { replicas: { type: 'array', items: Id } },
  required: ['replicas'],
  additionalProperties: false,
});
const InFlight = defineSchema({
  type: 'object',
  properties: { inFlight: { type: 'object', additionalProperties: { type: 'integer' } } },
  required: ['inFlight'],
  additionalProperties: false,
});

/**
 * Carries requests to replicas. Providers by id: the plugin's name, or that name, a full stop and a word
 * (`ingress.builtin`). A table with a lower revision than the applied one is refused
 * with `STALE`.
 */
export const Ingress = defineContract('ingress', 'Carries requests to replicas', {
  /** Switches atomically to a table; resolves when new requests follow it. */
  apply: { input: RouteTable, output: Applied },
  /** Requests and sockets still open per replica. */
  inFlight: { input: Replicas, output: InFlight },
});
