import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';

/** What an admin sets of the ingress. */
export const Settings = defineSchema({
  type: 'object',
  properties: {
    port: { type: 'integer', minimum: 1, maximum: 65535, default: 8081, title: 'Port of applications' },
    host: { type: 'string', minLength: 1, maxLength: 253, default: '127.0.0.1', title: 'Address to listen on' },
    appsDomain: {
      anyOf: [{ type: 'string', maxLength: 190, pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' }, { type: 'null' }],
      default: null,
      title: 'Domain of applications: its wildcard points here',
    },
    scheme: {
      type: 'string',
      enum: ['http', 'https'],
      default: 'http',
      title: 'Scheme of addresses; https when something in front ends TLS on port 443',
    },
  },
  required: ['port', 'host', 'appsDomain', 'scheme'],
  additionalProperties: false,
});
export type Settings = Infer<typeof Settings>;
