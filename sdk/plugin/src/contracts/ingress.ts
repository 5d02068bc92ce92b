import type { Infer } from '../schema.ts';
import { defineSchema, Empty, Id } from '../schema.ts';
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

/** Ways to choose among the replicas of a service. */
export const balances = ['round-robin', 'least-connections', 'ip-hash', 'random'] as const;
export type Balance = (typeof balances)[number];

/** A response header that a route sets. */
export const RouteHeader = defineSchema({
  type: 'object',
  properties: {
    name: { type: 'string', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$" },
    value: { type: 'string', maxLength: 4096, pattern: '^[\\x20-\\x7e]*$' },
  },
  required: ['name', 'value'],
  additionalProperties: false,
});
export type RouteHeader = Infer<typeof RouteHeader>;

/**
 * Host + path > service. `path` starts and ends with `/`; the longest match wins. A host `*.example.org` takes each name
 * one label below it that no other route names.
 */
export const Route = defineSchema({
  type: 'object',
  properties: {
    host: { type: 'string', maxLength: 253 },
    path: { type: 'string', pattern: '^/' },
    service: Id,
    deployment: { anyOf: [Id, { type: 'null' }] },
    upstreams: { type: 'array', items: Upstream },
    /** How one of them is chosen; in turn when absent. */
    balance: { type: 'string', enum: balances },
    /** Requests wait for the next table, at most until this moment (ms since 1970); then the route is as it says. */
    held: { type: 'integer', minimum: 0 },
    /** Base of the address that visitors are sent to instead (308), path and query kept. */
    redirect: { type: 'string', maxLength: 2048 },
    /** Plain HTTP is answered with the same address by HTTPS (308). */
    secure: { type: 'boolean' },
    /** Set on each answer of the service, in place of its own of these names. */
    headers: { type: 'array', maxItems: 50, items: RouteHeader },
    /** Who may pass (HTTP Basic): name, and `scrypt$<salt>$<hash>` in base64. */
    users: {
      type: 'array',
      maxItems: 100,
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, hash: { type: 'string' } },
        required: ['name', 'hash'],
        additionalProperties: false,
      },
    },
  },
  required: ['host', 'path', 'service', 'deployment', 'upstreams'],
  additionalProperties: false,
});
export type Route = Infer<typeof Route>;

/** What the ingress itself answers at a host and path: how a host is shown to lead here. */
export const Challenge = defineSchema({
  type: 'object',
  properties: {
    host: { type: 'string', maxLength: 253 },
    path: { type: 'string', pattern: '^/\\.well-known/' },
    body: { type: 'string', maxLength: 1024 },
  },
  required: ['host', 'path', 'body'],
  additionalProperties: false,
});
export type Challenge = Infer<typeof Challenge>;

/** The whole route table, one versioned document. */
export const RouteTable = defineSchema({
  type: 'object',
  properties: {
    revision: { type: 'integer', minimum: 0 },
    routes: { type: 'array', items: Route },
    challenges: { type: 'array', items: Challenge },
    /** Port of HTTPS; `null` or absent: none. */
    tlsPort: { anyOf: [{ type: 'integer', minimum: 1, maximum: 65535 }, { type: 'null' }] },
  },
  required: ['revision', 'routes'],
  additionalProperties: false,
});
export type RouteTable = Infer<typeof RouteTable>;

/** A certificate of a host, with its chain and private key, in PEM. */
export const HostCertificate = defineSchema({
  type: 'object',
  properties: {
    host: { type: 'string', maxLength: 253 },
    chain: { type: 'string', maxLength: 65_536 },
    key: { type: 'string', maxLength: 16_384 },
  },
  required: ['host', 'chain', 'key'],
  additionalProperties: false,
});
export type HostCertificate = Infer<typeof HostCertificate>;

/** All certificates of an ingress, one versioned document. */
export const CertificateSet = defineSchema({
  type: 'object',
  properties: {
    revision: { type: 'integer', minimum: 0 },
    certificates: { type: 'array', items: HostCertificate },
  },
  required: ['revision', 'certificates'],
  additionalProperties: false,
});
export type CertificateSet = Infer<typeof CertificateSet>;

const count = { type: 'integer', minimum: 0 } as const;

/** Requests of one route by how they were answered. */
export const RouteCount = defineSchema({
  type: 'object',
  properties: {
    /** `null`, as the path: no route was found. */
    host: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    path: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    answers: {
      type: 'object',
      properties: {
        /** No replica answered: the ingress's own 502 and 504, or the visitor left before. May be counted later than the rest. */
        failed: count,
        '1xx': count,
        '2xx': count,
        '3xx': count,
        '4xx': count,
        '5xx': count,
      },
      required: ['failed', '1xx', '2xx', '3xx', '4xx', '5xx'],
      additionalProperties: false,
    },
  },
  required: ['host', 'path', 'answers'],
  additionalProperties: false,
});
export type RouteCount = Infer<typeof RouteCount>;

/** What an ingress counted in one life; each begins at nothing. */
export const RequestCounts = defineSchema({
  type: 'object',
  properties: {
    /** Names the life. */
    life: { type: 'string' },
    routes: { type: 'array', items: RouteCount },
  },
  required: ['life', 'routes'],
  additionalProperties: false,
});
export type RequestCounts = Infer<typeof RequestCounts>;

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
 * Carries requests to replicas: the ingress of an install as a whole, by whatever drives it on each node (see
 * {@link ingressCapabilities}). A table with a lower revision than the applied one is refused with `STALE`.
 */
export const Ingress = defineContract('ingress', 'Carries requests to replicas', {
  /** Switches atomically to a table; resolves when new requests follow it. */
  apply: { input: RouteTable, output: Applied },
  /** Gives the certificates that new connections are answered with; open ones keep theirs. */
  certify: { input: CertificateSet, output: Applied },
  /** Requests and sockets still open per replica. */
  inFlight: { input: Replicas, output: InFlight },
  /** Requests by route and answer, of each ingress that answers. */
  counts: {
    input: Empty,
    output: {
      type: 'object',
      properties: {
        ingresses: {
          type: 'array',
          items: {
            type: 'object',
            properties: { node: { type: 'string' }, counts: RequestCounts },
            required: ['node', 'counts'],
            additionalProperties: false,
          },
        },
      },
      required: ['ingresses'],
      additionalProperties: false,
    },
  },
});
