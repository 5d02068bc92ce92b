import { defineCapability } from '../agents.ts';
import { Empty } from '../schema.ts';
import { CertificateSet, RequestCounts, RouteTable } from './ingress.ts';

/** Where an ingress listens: it is started there when it does not run. */
const place = {
  port: { type: 'integer', minimum: 1, maximum: 65535 },
  host: { type: 'string', minLength: 1, maxLength: 253 },
  /** Another ingress of this install listens there now, and leaves when this one serves. */
  shared: { type: 'boolean' },
} as const;

/**
 * The capabilities that an ingress's agent half serves, by driver name (`builtin`, `haproxy`). A node that advertises
 * `ingress-apply.haproxy` can carry requests by HAProxy; one that advertises `ingress-leave.haproxy` alone lacks what it needs for
 * that. `serveIngress` registers them.
 */
export function ingressCapabilities<const D extends string>(driver: D) {
  return {
    /** Hands a whole route table over, and starts the ingress where it does not run. */
    apply: defineCapability({
      name: `ingress-apply.${driver}`,
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
      summary: 'Switches the ingress of a node to a route table',
    }),
    /** Hands all certificates over. */
    certify: defineCapability({
      name: `ingress-certify.${driver}`,
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
      summary: 'Gives the ingress of a node its certificates',
    }),
    /** Requests and sockets still open, by replica. */
    inFlight: defineCapability({
      name: `ingress-inflight.${driver}`,
      input: Empty,
      output: {
        type: 'object',
        properties: {
          inFlight: { type: 'object', additionalProperties: { type: 'integer' } },
          /** Port that it takes connections at; `null`: it does not run, or leaves. */
          port: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        },
        required: ['inFlight'],
        additionalProperties: false,
      },
      permission: 'route:read',
      timeoutMs: 5000,
      summary: 'Counts open requests and sockets by replica',
    }),
    /** Requests by route and answer, since the start of what carries them. */
    counts: defineCapability({
      name: `ingress-counts.${driver}`,
      input: Empty,
      output: RequestCounts,
      permission: 'route:read',
      timeoutMs: 5000,
      summary: 'Counts requests by route and answer',
    }),
    /** Takes no new connections: another ingress has taken over. What is open goes on. */
    leave: defineCapability({
      name: `ingress-leave.${driver}`,
      input: Empty,
      output: {
        type: 'object',
        properties: {
          /** `false`: none ran. */
          left: { type: 'boolean' },
        },
        required: ['left'],
        additionalProperties: false,
      },
      permission: 'domain:write',
      timeoutMs: 15_000,
      summary: 'Ends the ingress of a node, which another has taken over from',
    }),
  };
}
