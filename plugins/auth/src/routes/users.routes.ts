import type { PluginContext } from '@containr/sdk';
import { defineSchema, invalid } from '@containr/sdk';
import { accountOf } from '../account.ts';
import { OrganisationDocument, UserDocument } from '../contract.ts';
import { Organisation } from '../entities/organisation.entity.ts';
import { Session } from '../entities/session.entity.ts';
import { User } from '../entities/user.entity.ts';
import type { Grant } from '../grants.ts';
import { placesOf } from '../grants.ts';
import { checkPassword, hashPassword } from '../passwords.ts';
import { hashSecret } from '../proofs.ts';
import type { Recent } from '../recent.ts';
import { sessionSecretOf } from '../sessions.ts';
import { showOrganisation, showUser } from '../show.ts';
import type { SignIn } from '../sign-in.ts';
import { Password, PersonName } from './fields.ts';

const Me = defineSchema({
  type: 'object',
  properties: {
    user: UserDocument,
    organisations: { type: 'array', items: OrganisationDocument },
    /** What this request may do, in the organisation it named. */
    permissions: { type: 'array', items: { type: 'string' } },
  },
  required: ['user', 'organisations', 'permissions'],
  additionalProperties: false,
});

/** One's own account. */
export function userRoutes(ctx: PluginContext, signIn: SignIn, recent: Recent<Grant>): void {
  ctx.http.route({
    method: 'GET',
    path: '/users/me',
    permission: 'account:self',
    summary: 'Your account, your organisations and what you may do',
    response: Me,
    handler: async ({ principal }) =>
      ctx.store.system('own account').transaction(async ({ em }) => {
        const user = await accountOf(em, principal);
        const places = await placesOf(
          em,
          user,
          principal.kind === 'token' && principal.organisation !== null ? principal.organisation : undefined,
        );
        const organisations = await em.find(
          Organisation,
          { id: { $in: places.map((place) => place.organisation) } },
          { orderBy: { name: 'asc' } },
        );
        return {
          user: showUser(user),
          organisations: organisations.map(showOrganisation),
          permissions: [...principal.permissions],
        };
      }),
  });
  ctx.http.route({
    method: 'PATCH',
    path: '/users/me',
    permission: 'account:self',
    summary: 'Changes your name or password; a new password signs out everywhere else',
    body: {
      type: 'object',
      properties: { name: PersonName, password: Password, currentPassword: Password },
      additionalProperties: false,
    },
    response: UserDocument,
    handler: async ({ body, principal, cookies, ip }) => {
      const store = ctx.store.system('own account');
      const before = await store.transaction(({ em }) => accountOf(em, principal));
      let passwordHash: string | null = null;
      if (body.password !== undefined) {
        if (body.currentPassword === undefined)
          throw invalid('A new password needs the present one beside it.', [
            { path: '/currentPassword', message: 'is missing' },
          ]);
        await signIn({ email: before.email, password: body.currentPassword, address: ip });
        checkPassword(body.password, { email: before.email, path: '/password' });
        passwordHash = await hashPassword(body.password);
      }
      const after = await store.transaction(async ({ em }) => {
        const user = await em.findOneOrFail(User, { id: before.id });
        if (body.name !== undefined) user.name = body.name.trim();
        if (passwordHash !== null) {
          user.passwordHash = passwordHash;
          const secret = sessionSecretOf(cookies);
          await em.nativeDelete(Session, { userId: user.id, hash: { $ne: secret === null ? '' : hashSecret(secret) } });
        }
        await em.flush();
        return user;
      });
      recent.clear();
      return showUser(after);
    },
  });
}
