import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';

/** What an admin can choose about the road. */
export const Settings = defineSchema({
  type: 'object',
  properties: {
    runtime: {
      type: 'string',
      enum: ['auto', 'docker', 'process'],
      default: 'auto',
      title: 'Runtime',
      description: 'auto: docker where a node has an engine, else process',
    },
    drainMs: {
      type: 'integer',
      minimum: 0,
      maximum: 3_600_000,
      default: 30_000,
      title: 'Longest time that an old version may finish its requests',
    },
    buildTimeoutMs: {
      type: 'integer',
      minimum: 10_000,
      maximum: 1_800_000,
      default: 1_800_000,
      title: 'Longest time of a build',
    },
    releaseTimeoutMs: {
      type: 'integer',
      minimum: 1000,
      maximum: 86_400_000,
      default: 900_000,
      title: 'Longest time of a pre-deploy or post-deploy command',
    },
    nodeWaitMs: {
      type: 'integer',
      minimum: 0,
      maximum: 600_000,
      default: 30_000,
      title: 'How long a deployment waits for a node to connect',
    },
    buildsPerNode: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 4,
      title: 'Builds at once on a node',
    },
    buildsPerOrganisation: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 8,
      title: 'Builds at once of an organisation',
      description: 'More wait in line; the organisation that builds the least comes first',
    },
    rolloutsPerOrganisation: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 20,
      title: 'Roll-outs at once of an organisation',
      description: 'From placing the new replicas to the switch of the routes; rollbacks come first',
    },
  },
  required: [
    'runtime',
    'drainMs',
    'buildTimeoutMs',
    'releaseTimeoutMs',
    'nodeWaitMs',
    'buildsPerNode',
    'buildsPerOrganisation',
    'rolloutsPerOrganisation',
  ],
  additionalProperties: false,
});
export type Settings = Infer<typeof Settings>;
