import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { RouteHeader } from '@containr/sdk/contracts';

/** What of a custom domain may be set. */
export const domainFields = {
  /** Base of the address that visitors are sent to instead. */
  redirectTo: {
    anyOf: [
      {
        type: 'string',
        format: 'http-url',
        maxLength: 2000,
        pattern: '^https?://[A-Za-z0-9.\\-:\\[\\]]+(/[^\\s?#]*)?$',
      },
      { type: 'null' },
    ],
  },
  https: { type: 'string', enum: ['redirect', 'both'] },
  headers: { type: 'array', maxItems: 50, items: RouteHeader },
  /** Everybody passes when empty. A user without `password` keeps the one that is kept. */
  users: {
    type: 'array',
    maxItems: 100,
    items: {
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 100, pattern: '^[^:\\x00-\\x1f]+$' },
        password: { type: 'string', minLength: 8, maxLength: 200 },
      },
      required: ['name'],
      additionalProperties: false,
    },
  },
} as const;

/** A change of a custom domain; what is left out stays. */
export const DomainPatch = defineSchema({ type: 'object', properties: domainFields, additionalProperties: false });
export type DomainPatch = Infer<typeof DomainPatch>;
