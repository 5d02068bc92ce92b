import type { PluginContext } from '@containr/sdk';
import { clearAttempts, countAttempt } from './attempts.ts';
import { wrongPassword } from './auth-errors.ts';
import { User } from './entities/user.entity.ts';
import { fitsPassword, hashPassword, needsRehash } from './passwords.ts';

/** Checks e-mail and password. */
export type SignIn = (proof: { email: string; password: string; address: string }) => Promise<User>;

/**
 * Makes the check of e-mail and password: the same work for accounts that don't exist, counted by account and address.
 * It throws `UNAUTHENTICATED` or `TOO_MANY_ATTEMPTS`.
 */
export async function createSignIn(ctx: Pick<PluginContext, 'store' | 'clock' | 'random'>): Promise<SignIn> {
  const nobody = await hashPassword(Buffer.from(ctx.random.bytes(24)).toString('base64'));
  return async ({ email, password, address }) => {
    const account = email.trim().toLowerCase();
    await countAttempt(ctx.store, ctx.clock, account, address);
    const user = await ctx.store.system('authentication').transaction(({ em }) => em.findOne(User, { email: account }));
    const fits = await fitsPassword(user?.passwordHash ?? nobody, password);
    if (!user || !fits) throw wrongPassword();
    await clearAttempts(ctx.store, account, address);
    if (needsRehash(user.passwordHash)) {
      const passwordHash = await hashPassword(password);
      await ctx.store
        .system('stronger password hash')
        .transaction(({ em }) =>
          em.nativeUpdate(User, { id: user.id, passwordHash: user.passwordHash }, { passwordHash }),
        );
    }
    return user;
  };
}
