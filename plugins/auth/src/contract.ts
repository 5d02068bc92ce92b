import type { Infer } from '@containr/sdk';
import { defineContract, defineSchema, Empty, Id, OptionalTimestamp, Slug, Timestamp } from '@containr/sdk';

const nullable = <const S>(schema: S) => ({ anyOf: [schema, { type: 'null' }] }) as const;

/** A person with an account. */
export const UserDocument = defineSchema({
  type: 'object',
  properties: { id: Id, email: { type: 'string' }, name: { type: 'string' }, createdAt: Timestamp },
  required: ['id', 'email', 'name', 'createdAt'],
  additionalProperties: false,
});
export type UserDocument = Infer<typeof UserDocument>;

/** A tenant: everything belongs to exactly one. */
export const OrganisationDocument = defineSchema({
  type: 'object',
  properties: { id: Id, slug: Slug, name: { type: 'string' }, createdAt: Timestamp },
  required: ['id', 'slug', 'name', 'createdAt'],
  additionalProperties: false,
});
export type OrganisationDocument = Infer<typeof OrganisationDocument>;

/** An API token without its secret. */
export const TokenDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    name: { type: 'string' },
    /** First letters of the secret, to tell tokens apart. */
    prefix: { type: 'string' },
    scopes: { type: 'array', items: { type: 'string' } },
    createdAt: Timestamp,
    lastUsedAt: OptionalTimestamp,
    expiresAt: OptionalTimestamp,
  },
  required: ['id', 'name', 'prefix', 'scopes', 'createdAt', 'lastUsedAt', 'expiresAt'],
  additionalProperties: false,
});
export type TokenDocument = Infer<typeof TokenDocument>;

/** One signed-in browser. */
export const SessionDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    address: { type: 'string' },
    userAgent: { type: 'string' },
    current: { type: 'boolean' },
    createdAt: Timestamp,
    lastSeenAt: Timestamp,
    expiresAt: Timestamp,
  },
  required: ['id', 'address', 'userAgent', 'current', 'createdAt', 'lastSeenAt', 'expiresAt'],
  additionalProperties: false,
});
export type SessionDocument = Infer<typeof SessionDocument>;

/** The one-time link that makes the first owner. */
export const Setup = defineContract('setup', 'The one-time link that makes the first owner', {
  /** `url: null` once set-up is done. */
  link: {
    input: Empty,
    output: {
      type: 'object',
      properties: { url: nullable({ type: 'string' }) },
      required: ['url'],
      additionalProperties: false,
    },
  },
});

/** Names of organisations, for plugins that show or parse them; not scoped to the caller's organisation. */
export const Organisations = defineContract('organisations', 'Names of organisations', {
  bySlug: {
    input: {
      type: 'object',
      properties: { slug: { type: 'string' } },
      required: ['slug'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: { organisation: nullable(OrganisationDocument) },
      required: ['organisation'],
      additionalProperties: false,
    },
  },
  /** Unknown ids are left out. */
  byIds: {
    input: {
      type: 'object',
      properties: { ids: { type: 'array', items: Id, maxItems: 1000 } },
      required: ['ids'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: { organisations: { type: 'array', items: OrganisationDocument } },
      required: ['organisations'],
      additionalProperties: false,
    },
  },
});
