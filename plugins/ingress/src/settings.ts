import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { drivers } from './drivers.ts';

/** What an admin sets of the ingress. */
export const Settings = defineSchema({
  type: 'object',
  properties: {
    driver: {
      type: 'string',
      enum: drivers,
      default: 'builtin',
      title: 'Ingress',
      description:
        'haproxy carries requests where a node has HAProxy 2.6 or later; other nodes go on with the built-in one. A change takes effect at once: both listen until the new one serves, what is open at the old one goes on for up to an hour. A connection that arrives in the very moment in which the old one stops to listen can be reset.',
    },
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
    tlsPort: {
      anyOf: [{ type: 'integer', minimum: 1, maximum: 65535 }, { type: 'null' }],
      default: null,
      title: 'Port of HTTPS; 443 where visitors come directly',
    },
    certificates: {
      type: 'string',
      enum: ['off', 'acme'],
      default: 'off',
      title: 'Certificates of custom domains; acme gets and renews them by itself',
    },
    acmeDirectory: {
      type: 'string',
      pattern: '^https://',
      maxLength: 500,
      default: 'https://acme-v02.api.letsencrypt.org/directory',
      title: 'Directory of the ACME authority, whose terms you agree to',
    },
    acmeEmail: {
      anyOf: [{ type: 'string', format: 'email', maxLength: 254 }, { type: 'null' }],
      default: null,
      title: 'E-mail address that the authority may write to',
    },
    acmeCa: {
      anyOf: [{ type: 'string', maxLength: 65_536, pattern: '^\\s*-----BEGIN CERTIFICATE-----' }, { type: 'null' }],
      default: null,
      title: 'Root certificate of a private ACME authority (PEM)',
    },
    dnsServers: {
      type: 'array',
      maxItems: 5,
      items: { type: 'string', maxLength: 60, pattern: '^[0-9A-Fa-f.:\\[\\]]+$' },
      default: [],
      title: 'Name servers to check domains with; those of the machine when none is given',
    },
    ownership: {
      type: 'string',
      enum: ['checked', 'trusted'],
      default: 'checked',
      title: 'Custom domains: checked that they lead here, or taken on trust',
    },
  },
  required: [
    'driver',
    'port',
    'host',
    'appsDomain',
    'scheme',
    'tlsPort',
    'certificates',
    'acmeDirectory',
    'acmeEmail',
    'acmeCa',
    'dnsServers',
    'ownership',
  ],
  additionalProperties: false,
});
export type Settings = Infer<typeof Settings>;
