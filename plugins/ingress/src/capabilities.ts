import { defineCapability, Empty } from '@containr/sdk';
import { RouteTable } from '@containr/sdk/contracts';

/** Hands a whole route table to the built-in ingress of a node, and starts it where it does not run. */
export const IngressApply = defineCapability({
  name: 'ingress-apply.builtin',
  input: {
    type: 'object',
    properties: {
      table: RouteTable,
      port: { type: 'integer', minimum: 1, maximum: 65535 },
      host: { type: 'string', minLength: 1, maxLength: 253 },
    },
    required: ['table', 'port', 'host'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      /** `false`: the ingress follows a newer revision. */
      applied: { type: 'boolean' },
      /** What the ingress follows now. */
      revision: { type: 'integer' },
      /** What an admin should know of it. */
      note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    },
    required: ['applied', 'revision', 'note'],
    additionalProperties: false,
  },
  permission: 'domain:write',
  timeoutMs: 30_000,
  summary: 'Switches the built-in ingress of a node to a route table',
});

/** Requests and sockets still open in the built-in ingress of a node, by replica. */
export const IngressInFlight = defineCapability({
  name: 'ingress-inflight.builtin',
  input: Empty,
  output: {
    type: 'object',
    properties: { inFlight: { type: 'object', additionalProperties: { type: 'integer' } } },
    required: ['inFlight'],
    additionalProperties: false,
  },
  permission: 'route:read',
  timeoutMs: 5000,
  summary: 'Counts open requests and sockets by replica',
});
