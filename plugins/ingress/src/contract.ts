import { defineContract, defineSchema, Id } from '@containr/sdk';
import { Upstream } from '@containr/sdk/contracts';

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
      },
      required: ['service', 'deployment', 'upstreams'],
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
