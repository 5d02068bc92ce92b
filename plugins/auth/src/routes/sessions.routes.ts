import type { PluginContext } from '@containr/sdk';
import { defineSchema, Empty, Id, listQuery, notFound, pageOf, reply } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { accountOf } from '../account.ts';
import { SessionDocument, UserDocument } from '../contract.ts';
import { Session } from '../entities/session.entity.ts';
import type { Grant } from '../grants.ts';
import { hashSecret } from '../proofs.ts';
import type { Recent } from '../recent.ts';
import { clearedCookie, sessionSecretOf, startSession } from '../sessions.ts';
import { showSession, showUser } from '../show.ts';
import type { SignIn } from '../sign-in.ts';
import { Email, Password } from './fields.ts';

const SignedIn = defineSchema({
  type: 'object',
  properties: { user: UserDocument },
  required: ['user'],
  additionalProperties: false,
});

function currentHash(cookies: Readonly<Record<string, string>>): string | null {
  const secret = sessionSecretOf(cookies);
  return secret === null ? null : hashSecret(secret);
}

/** Signing in and out, and where one is signed in. */
export function sessionRoutes(ctx: PluginContext, signIn: SignIn, recent: Recent<Grant>): void {
  ctx.http.route({
    method: 'POST',
    path: '/sessions',
    public: true,
    guessable: true,
    summary: 'Signs in with e-mail and password',
    body: {
      type: 'object',
      properties: { email: Email, password: Password },
      required: ['email', 'password'],
      additionalProperties: false,
    },
    response: SignedIn,
    status: 201,
    handler: async (request) => {
      const user = await signIn({ ...request.body, address: request.ip });
      const cookie = await ctx.store
        .system('authentication')
        .transaction(({ em }) => startSession(ctx, em, request, user.id));
      return reply({
        status: 201,
        headers: { location: '/api/v1/sessions/current' },
        cookies: [cookie],
        body: { user: showUser(user) },
      });
    },
  });
  ctx.http.route({
    method: 'GET',
    path: '/sessions',
    permission: 'account:self',
    summary: 'Where this account is signed in',
    query: { type: 'object', properties: listQuery, additionalProperties: false },
    response: pageOf(SessionDocument),
    handler: async ({ query, principal, cookies }) =>
      ctx.store.system('own sessions').transaction(async ({ em }) => {
        const user = await accountOf(em, principal);
        const keys = keyset<Session>(query, { createdAt: 'time', lastSeenAt: 'time' }, '-createdAt');
        const rows = await em.find(
          Session,
          { $and: [{ userId: user.id, expiresAt: { $gt: ctx.clock.now() } }, keys.where] },
          { orderBy: [...keys.orderBy], limit: keys.limit },
        );
        return keys.page(rows, (row) => showSession(row, currentHash(cookies)));
      }),
  });
  ctx.http.route({
    method: 'DELETE',
    path: '/sessions/{id}',
    permission: 'account:self',
    summary: 'Signs out: here (`current`) or somewhere else',
    params: {
      type: 'object',
      properties: { id: { anyOf: [Id, { type: 'string', const: 'current' }] } },
      required: ['id'],
      additionalProperties: false,
    },
    response: Empty,
    handler: async ({ params, principal, cookies, origin }) => {
      const here = currentHash(cookies);
      const ended = await ctx.store.system('own sessions').transaction(async ({ em }) => {
        const user = await accountOf(em, principal);
        const session = await em.findOne(
          Session,
          params.id === 'current' ? { userId: user.id, hash: here ?? '' } : { userId: user.id, id: params.id },
        );
        if (!session) throw notFound('session');
        await em.nativeDelete(Session, { id: session.id });
        return session.hash;
      });
      recent.clear();
      return reply({ cookies: ended === here ? [clearedCookie(origin)] : [], body: {} });
    },
  });
}
