import type { PluginContext, Principal } from '@containr/sdk';
import { defineSchema, listQuery, notFound, pageOf } from '@containr/sdk';
import { consoleOnly } from '../auth-errors.ts';
import { UserDocument } from '../contract.ts';
import { Membership } from '../entities/membership.entity.ts';
import { Organisation } from '../entities/organisation.entity.ts';
import { Session } from '../entities/session.entity.ts';
import { User } from '../entities/user.entity.ts';
import type { Grant } from '../grants.ts';
import { checkPassword, hashPassword } from '../passwords.ts';
import type { Recent } from '../recent.ts';
import { showUser } from '../show.ts';
import { Email, Password } from './fields.ts';

const Account = defineSchema({
  type: 'object',
  properties: {
    ...UserDocument.properties,
    /** Slugs. */
    organisations: { type: 'array', items: { type: 'string' } },
  },
  required: [...UserDocument.required, 'organisations'],
  additionalProperties: false,
});

/** The permission is not enough: an owner has every permission, but in one organisation only. */
function requireConsole(principal: Principal): void {
  if (principal.kind !== 'console') throw consoleOnly();
}

/** All accounts of the install, for its console. */
export function accountRoutes(ctx: PluginContext, recent: Recent<Grant>): void {
  ctx.http.route({
    method: 'GET',
    path: '/users',
    permission: 'account:manage',
    summary: 'Every account of the install; the console only',
    query: { type: 'object', properties: listQuery, additionalProperties: false },
    response: pageOf(Account),
    handler: async ({ principal, query }) => {
      requireConsole(principal);
      return ctx.store.system('accounts for the console').transaction(async ({ em }) => {
        const after = query.cursor === undefined ? {} : { email: { $gt: query.cursor } };
        const users = await em.find(User, after, { orderBy: { email: 'asc' }, limit: query.limit + 1 });
        const shown = users.slice(0, query.limit);
        const memberships = await em.find(Membership, { userId: { $in: shown.map((user) => user.id) } });
        const organisations = await em.find(Organisation, { id: { $in: memberships.map((one) => one.organisation) } });
        const slugs = new Map(organisations.map((one) => [one.id, one.slug]));
        return {
          items: shown.map((user) => ({
            ...showUser(user),
            organisations: memberships
              .filter((one) => one.userId === user.id)
              .flatMap((one) => slugs.get(one.organisation) ?? []),
          })),
          nextCursor: users.length > shown.length ? (shown.at(-1)?.email ?? null) : null,
        };
      });
    },
  });
  ctx.http.route({
    method: 'POST',
    path: '/users/password-resets',
    permission: 'account:manage',
    summary: 'Sets a password and ends the sessions of its account; the console only',
    body: {
      type: 'object',
      properties: { email: Email, password: Password },
      required: ['email', 'password'],
      additionalProperties: false,
    },
    response: {
      type: 'object',
      properties: { email: { type: 'string' }, endedSessions: { type: 'integer' } },
      required: ['email', 'endedSessions'],
      additionalProperties: false,
    },
    handler: async ({ principal, body }) => {
      requireConsole(principal);
      const email = body.email.trim().toLowerCase();
      checkPassword(body.password, { email, path: '/password' });
      const passwordHash = await hashPassword(body.password);
      const endedSessions = await ctx.store.system('password reset by the console').transaction(async ({ em }) => {
        const user = await em.findOne(User, { email });
        if (!user) throw notFound('account');
        await em.nativeUpdate(User, { id: user.id }, { passwordHash });
        return em.nativeDelete(Session, { userId: user.id });
      });
      recent.clear();
      return { email, endedSessions };
    },
  });
}
