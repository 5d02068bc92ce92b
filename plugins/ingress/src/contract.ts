import { defineContract, defineEvent, defineSchema, Empty, Id } from '@containr/sdk';
import { balances, Upstream } from '@containr/sdk/contracts';

const Revision = defineSchema({
  type: 'object',
  properties: { revision: { type: 'integer' } },
  required: ['revision'],
  additionalProperties: false,
});
const ServiceIds = defineSchema({
  type: 'object',
  properties: { services: { type: 'array', items: Id } },
  required: ['services'],
  additionalProperties: false,
});

/** The route table, for who moves it. */
export const Routes = defineContract('routes', 'Names of services, and where their requests go', {
  /** Points all routes of a service to these upstreams, in one atomic step; resolves when the ingress follows it. */
  switchTo: {
    input: {
      type: 'object',
      properties: {
        service: Id,
        deployment: { anyOf: [Id, { type: 'null' }] },
        upstreams: { type: 'array', items: Upstream },
        /** How one of them is chosen; in turn when absent. */
        balance: { type: 'string', enum: balances },
      },
      required: ['service', 'deployment', 'upstreams'],
      additionalProperties: false,
    },
    output: Revision,
  },
  /**
   * Lets new requests of a service wait until it is switched, or `forMs` have passed: for one that can't have two writers. What it
   * serves already goes on. 0: they go on at once. Resolves when the ingress follows it.
   */
  hold: {
    input: {
      type: 'object',
      properties: { service: Id, forMs: { type: 'integer', minimum: 0, maximum: 600_000 } },
      required: ['service', 'forMs'],
      additionalProperties: false,
    },
    output: Revision,
  },
  /** Deployment that the routes of services point to now. */
  current: {
    input: ServiceIds,
    output: {
      type: 'object',
      properties: { deployments: { type: 'object', additionalProperties: { anyOf: [Id, { type: 'null' }] } } },
      required: ['deployments'],
      additionalProperties: false,
    },
  },
  /** URLs by service id; a service without a name gets its generated one. */
  urls: {
    input: ServiceIds,
    output: {
      type: 'object',
      properties: { urls: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } } },
      required: ['urls'],
      additionalProperties: false,
    },
  },
  /** Requests and sockets still open per replica id. */
  inFlight: {
    input: {
      type: 'object',
      properties: { replicas: { type: 'array', items: Id } },
      required: ['replicas'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: { inFlight: { type: 'object', additionalProperties: { type: 'integer' } } },
      required: ['inFlight'],
      additionalProperties: false,
    },
  },
});

/** A domain, its proof or its certificate is not what it was. */
export const DomainChanged = defineEvent({
  name: 'domain.changed',
  payload: {
    type: 'object',
    properties: { service: Id, host: { type: 'string' } },
    required: ['service', 'host'],
    additionalProperties: false,
  },
  permission: 'route:read',
  topics: ({ service }) => [`service:${service}`],
});

const TxtRecord = defineSchema({
  type: 'object',
  properties: {
    /** Full name of the record, `_acme-challenge.example.org`. */
    name: { type: 'string', maxLength: 253 },
    value: { type: 'string', maxLength: 255 },
  },
  required: ['name', 'value'],
  additionalProperties: false,
});

/**
 * Writes the TXT records by which a certificate authority is shown that a name is ours (RFC 8555 8.4): the only way to a
 * certificate for a wildcard. Providers by id, one for each DNS service; the first that covers a name is used.
 */
export const DnsChallenge = defineContract('dns-challenge', 'Proves names to certificate authorities by DNS records', {
  /** Whether the provider can write records of this name. */
  covers: {
    input: {
      type: 'object',
      properties: { name: { type: 'string', maxLength: 253 } },
      required: ['name'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: { covers: { type: 'boolean' } },
      required: ['covers'],
      additionalProperties: false,
    },
  },
  /** Adds a record beside those of its name; resolves when name servers answer with it. */
  present: { input: TxtRecord, output: Empty },
  /** Removes it; one that is not there is no error. */
  remove: { input: TxtRecord, output: Empty },
});
