import type { EntityManager } from '@mikro-orm/core';
import type { Principal } from '@containr/sdk';
import { needsAccount } from './auth-errors.ts';
import { Token } from './entities/token.entity.ts';
import { User } from './entities/user.entity.ts';

/** The account behind a principal: a user's own, a token's maker. Throws `ACCOUNT_NEEDED` (403) for everything else. */
export async function accountOf(em: EntityManager, principal: Principal): Promise<User> {
  const token = principal.kind === 'token' ? await em.findOne(Token, { id: principal.id }) : null;
  const id = principal.kind === 'user' ? principal.id : token?.userId;
  const user = id === undefined ? null : await em.findOne(User, { id });
  if (!user) throw needsAccount();
  return user;
}
