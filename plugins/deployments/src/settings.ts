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
  },
  required: ['runtime', 'drainMs', 'buildTimeoutMs', 'releaseTimeoutMs', 'nodeWaitMs'],
  additionalProperties: false,
});
export type Settings = Infer<typeof Settings>;
