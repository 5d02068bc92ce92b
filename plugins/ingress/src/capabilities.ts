import { defineCapability, Empty } from '@containr/sdk';
import { CertificateSet, RouteTable } from '@containr/sdk/contracts';

/** Where the ingress listens: it is started there when it does not run. */
const place = {
  port: { type: 'integer', minimum: 1, maximum: 65535 },
  host: { type: 'string', minLength: 1, maxLength: 253 },
} as const;

/** Hands a whole route table to the built-in ingress of a node, and starts it where it does not run. */
export const IngressApply = defineCapability({
  name: 'ingress-apply.builtin',
  input: {
    type: 'object',
    properties: { table: RouteTable, ...place },
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

/** Hands all certificates to the built-in ingress of a node. */
export const IngressCertify = defineCapability({
  name: 'ingress-certify.builtin',
  input: {
    type: 'object',
    properties: { set: CertificateSet, ...place },
    required: ['set', 'port', 'host'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      /** `false`: the ingress follows a newer revision. */
      applied: { type: 'boolean' },
      revision: { type: 'integer' },
    },
    required: ['applied', 'revision'],
    additionalProperties: false,
  },
  permission: 'domain:write',
  timeoutMs: 30_000,
  summary: 'Gives the built-in ingress of a node its certificates',
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
