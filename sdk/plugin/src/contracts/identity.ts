import { defineSchema } from '../schema.ts';
import { defineContract } from '../services.ts';

/** What a request offers as proof. */
export const Credentials = defineSchema({
  type: 'object',
  properties: {
    authorization: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    cookies: { type: 'object', additionalProperties: { type: 'string' } },
    /** Value of `Containr-Organisation`. */
    organisation: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    /** Network address of the client: guesses of a password are counted per account and address. */
    address: { type: 'string' },
  },
  required: ['authorization', 'cookies', 'organisation'],
  additionalProperties: false,
});

export const PrincipalDocument = defineSchema({
  type: 'object',
  properties: {
    kind: { type: 'string', enum: ['user', 'token', 'agent', 'plugin', 'system', 'console', 'anonymous'] },
    id: { type: 'string' },
    name: { type: 'string' },
    organisation: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    permissions: { type: 'array', items: { type: 'string' } },
    via: { type: 'string', enum: ['cookie', 'bearer', 'basic', 'socket', 'internal', 'none'] },
  },
  required: ['kind', 'id', 'name', 'organisation', 'permissions', 'via'],
  additionalProperties: false,
});

const Found = defineSchema({
  type: 'object',
  properties: { principal: { anyOf: [PrincipalDocument, { type: 'null' }] } },
  required: ['principal'],
  additionalProperties: false,
});
const OrganisationRef = defineSchema({
  type: 'object',
  properties: { slug: { type: 'string' } },
  required: ['slug'],
  additionalProperties: false,
});
const OrganisationId = defineSchema({
  type: 'object',
  properties: { id: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
  required: ['id'],
  additionalProperties: false,
});

/** Who is asking. One provider; the gateway asks it for every request that offers a proof. */
export const Identity = defineContract('identity', 'Who is asking', {
  /** `null`: the proof is not valid. Throws `NOT_FOUND` for an organisation that the principal is not in. */
  authenticate: { input: Credentials, output: Found },
  /** For principals that the kernel itself makes (console). */
  organisation: { input: OrganisationRef, output: OrganisationId },
});
