import type { PluginContext } from '@containr/sdk';
import { defineSchema, Id, reply } from '@containr/sdk';
import { claimInstall } from '../claim.ts';
import { OrganisationDocument, UserDocument } from '../contract.ts';
import { isSetUp } from '../setup-link.ts';
import { Email, Password, PersonName } from './fields.ts';

const Claimed = defineSchema({
  type: 'object',
  properties: {
    user: UserDocument,
    organisation: OrganisationDocument,
    token: {
      type: 'object',
      properties: { id: Id, secret: { type: 'string' } },
      required: ['id', 'secret'],
      additionalProperties: false,
    },
  },
  required: ['user', 'organisation', 'token'],
  additionalProperties: false,
});

/** Set-up: who has the one-time token becomes the first owner. */
export function setupRoutes(ctx: PluginContext): void {
  ctx.http.route({
    method: 'GET',
    path: '/setup',
    public: true,
    summary: 'Whether the first owner exists',
    response: {
      type: 'object',
      properties: { done: { type: 'boolean' } },
      required: ['done'],
      additionalProperties: false,
    },
    handler: async () => ({ done: await isSetUp(ctx) }),
  });
  ctx.http.route({
    method: 'POST',
    path: '/setup',
    public: true,
    guessable: true,
    summary: 'Makes the first owner with the one-time token',
    body: {
      type: 'object',
      properties: {
        token: { type: 'string', minLength: 1, maxLength: 200 },
        email: Email,
        password: Password,
        name: PersonName,
        organisation: { type: 'string', minLength: 1, maxLength: 60, pattern: '\\S' },
      },
      required: ['token', 'email', 'password', 'name'],
      additionalProperties: false,
    },
    response: Claimed,
    status: 201,
    handler: async (request) => {
      const { body, cookie } = await claimInstall(ctx, request.body, request);
      return reply({ status: 201, headers: { location: '/api/v1/users/me' }, cookies: [cookie], body });
    },
  });
}
