import { defineJob, defineSchema, Id } from '@containr/sdk';

const DeploymentRef = defineSchema({
  type: 'object',
  properties: { deployment: Id, organisation: Id },
  required: ['deployment', 'organisation'],
  additionalProperties: false,
});
const ServiceRef = defineSchema({
  type: 'object',
  properties: { service: Id, organisation: Id },
  required: ['service', 'organisation'],
  additionalProperties: false,
});

/** Goes on with a deployment until it has to wait. */
export const Advance = defineJob({
  name: 'deployment.advance',
  input: DeploymentRef,
  summary: 'Goes on with a deployment',
});

/** Compares what should run of a service with what runs, and mends it. */
export const Repair = defineJob({
  name: 'service.repair',
  input: ServiceRef,
  summary: 'Replaces replicas that ended and points the routes to those that run',
});
