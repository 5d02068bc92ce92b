import type { PluginContext, RequestInfo } from '@containr/sdk';
import { slugOf } from '@containr/sdk';
import { Membership } from './entities/membership.entity.ts';
import { Organisation } from './entities/organisation.entity.ts';
import { SetupLink } from './entities/setup-link.entity.ts';
import { User } from './entities/user.entity.ts';
import { checkPassword, hashPassword } from './passwords.ts';
import { startSession } from './sessions.ts';
import { checkSetupToken } from './setup-link.ts';
import { showOrganisation, showUser } from './show.ts';
import { createToken } from './tokens.ts';

/** What the first owner says. */
export interface Claim {
  readonly token: string;
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly organisation?: string;
}

/**
 * Makes the first owner: account, membership, the organisation's name, a session and a first API token, in one transaction.
 * Throws `SETUP_DONE` (410), `SETUP_TOKEN_WRONG` (403) or `INVALID` (422) for a password that can't be used.
 */
export async function claimInstall(
  ctx: Pick<PluginContext, 'store' | 'clock' | 'random'>,
  claim: Claim,
  request: RequestInfo,
) {
  const store = ctx.store.system('set-up');
  // The token is checked before a password is hashed: who has no token costs nothing.
  await store.transaction(({ em }) => checkSetupToken(em, claim.token, false));
  const email = claim.email.trim().toLowerCase();
  checkPassword(claim.password, { email, path: '/password' });
  const passwordHash = await hashPassword(claim.password);
  return store.transaction(async ({ em }) => {
    const setup = await checkSetupToken(em, claim.token, true);
    const now = ctx.clock.now();
    const user = { id: ctx.random.id(), email, name: claim.name.trim(), passwordHash, createdAt: now };
    await em.insert(User, user);
    const organisation = await em.findOneOrFail(Organisation, { id: setup.organisationId });
    if (claim.organisation !== undefined) {
      organisation.name = claim.organisation.trim();
      organisation.slug = slugOf(claim.organisation, 'default');
      await em.flush();
    }
    await em.insert(Membership, {
      id: ctx.random.id(),
      organisation: organisation.id,
      userId: user.id,
      role: 'owner',
      createdAt: now,
    });
    const token = await createToken(ctx, em, {
      organisation: organisation.id,
      user: user.id,
      name: 'Set-up',
      scopes: ['*'],
      expiresAt: null,
    });
    const cookie = await startSession(ctx, em, request, user.id);
    await em.nativeUpdate(SetupLink, { id: setup.id }, { doneAt: now, sealed: null });
    return {
      body: {
        user: showUser(user),
        organisation: showOrganisation(organisation),
        token: { id: token.row.id, secret: token.secret },
      },
      cookie,
    };
  });
}
