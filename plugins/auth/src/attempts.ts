import { LockMode } from '@mikro-orm/core';
import type { Clock, Store } from '@containr/sdk';
import { tooManyAttempts } from './auth-errors.ts';
import { Attempt } from './entities/attempt.entity.ts';
import { hashSecret } from './proofs.ts';

const allowed = 10;
const windowMs = 10 * 60_000;

function keyOf(account: string, address: string): string {
  return hashSecret(`${account}\n${address}`);
}

/**
 * Counts a try before it is made, so that parallel guesses count too. Bound to account and address: nobody can lock
 * another one's address out. Throws `TOO_MANY_ATTEMPTS` (429) after ten in ten minutes.
 */
export async function countAttempt(store: Store, clock: Clock, account: string, address: string): Promise<void> {
  const key = keyOf(account, address);
  const wait = await store.system('rate limit of sign-ins').transaction(async ({ em }) => {
    const now = clock.now();
    const windowEndsAt = new Date(now.getTime() + windowMs);
    await em.upsert(Attempt, { key, count: 0, windowEndsAt }, { onConflictAction: 'ignore' });
    const attempt = await em.findOneOrFail(Attempt, { key }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
    const fresh = attempt.windowEndsAt <= now;
    const count = fresh ? 0 : attempt.count;
    if (count >= allowed) return Math.ceil((attempt.windowEndsAt.getTime() - now.getTime()) / 1000);
    await em.nativeUpdate(Attempt, { key }, fresh ? { count: 1, windowEndsAt } : { count: count + 1 });
    return null;
  });
  if (wait !== null) throw tooManyAttempts(wait);
}

/** Forgets the failures of an account from an address: the password was right. */
export async function clearAttempts(store: Store, account: string, address: string): Promise<void> {
  await store
    .system('rate limit of sign-ins')
    .transaction(({ em }) => em.nativeDelete(Attempt, { key: keyOf(account, address) }));
}
