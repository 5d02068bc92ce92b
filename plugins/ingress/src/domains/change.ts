import type { PluginContext } from '@containr/sdk';
import { invalid } from '@containr/sdk';
import type { Domain, PassingUser } from '../entities/domain.entity.ts';
import { hashPassword } from '@containr/sdk/ingress';
import type { Settings } from '../settings.ts';
import type { DomainPatch } from './fields.ts';

/** Headers that would break how an answer is carried. */
const carried = new Set([
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'trailer',
  'keep-alive',
  'date',
]);

async function usersOf(
  ctx: PluginContext<Settings>,
  asked: NonNullable<DomainPatch['users']>,
  kept: readonly PassingUser[],
): Promise<PassingUser[]> {
  const names = new Set(asked.map(({ name }) => name));
  if (names.size < asked.length)
    throw invalid('A name stands there twice.', [{ path: '/users', message: 'Each name once' }]);
  return Promise.all(
    asked.map(async ({ name, password }) => {
      if (password !== undefined) return { name, hash: await hashPassword(password, ctx.random.bytes(16)) };
      const before = kept.find((user) => user.name === name);
      if (before) return before;
      throw invalid(`${name} has no password yet.`, [{ path: '/users', message: 'A new user needs a password' }]);
    }),
  );
}

/** What a change makes of a domain's own fields. Throws `INVALID`. */
export async function changedFields(
  ctx: PluginContext<Settings>,
  patch: DomainPatch,
  kept: Pick<Domain, 'redirectTo' | 'https' | 'headers' | 'users'>,
): Promise<Pick<Domain, 'redirectTo' | 'https' | 'headers' | 'users'>> {
  const bad = patch.headers?.find(({ name }) => carried.has(name.toLowerCase()));
  if (bad)
    throw invalid(`${bad.name} is set by the ingress itself.`, [{ path: '/headers', message: 'Leave this one out' }]);
  return {
    redirectTo: patch.redirectTo === undefined ? kept.redirectTo : patch.redirectTo,
    https: patch.https ?? kept.https,
    headers: [...(patch.headers ?? kept.headers)],
    users: patch.users ? await usersOf(ctx, patch.users, kept.users) : kept.users,
  };
}
