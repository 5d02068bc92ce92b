import type { Infer, PluginContext, Principal } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import type { Credentials } from '@containr/sdk/contracts';
import { Session } from './entities/session.entity.ts';
import { Token } from './entities/token.entity.ts';
import { User } from './entities/user.entity.ts';
import type { Grant } from './grants.ts';
import { placesOf, principalOf } from './grants.ts';
import { hashSecret, tokenPrefix } from './proofs.ts';
import type { Recent } from './recent.ts';
import { isUsable, sessionSecretOf } from './sessions.ts';
import type { SignIn } from './sign-in.ts';

type Proof = Infer<typeof Credentials>;

/** Time between two writes of "last used". */
const touchMs = 60_000;

function decodeBasic(encoded: string): { account: string; password: string } | null {
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? null : { account: text.slice(0, colon), password: text.slice(colon + 1) };
}

async function byToken(ctx: Pick<PluginContext, 'store' | 'clock'>, hash: string): Promise<Grant | null> {
  return ctx.store.system('authentication').transaction(async ({ em }) => {
    const token = await em.findOne(Token, { hash });
    const now = ctx.clock.now();
    if (!token || (token.expiresAt && token.expiresAt <= now)) return null;
    const user = await em.findOne(User, { id: token.userId });
    const places = user ? await placesOf(em, user, token.organisation) : [];
    if (!user || places.length === 0) return null;
    if (!token.lastUsedAt || now.getTime() - token.lastUsedAt.getTime() > touchMs)
      await em.nativeUpdate(Token, { id: token.id }, { lastUsedAt: now });
    return { user: { id: user.id, name: user.name }, places, token, until: token.expiresAt ?? null };
  });
}

async function bySession(ctx: Pick<PluginContext, 'store' | 'clock'>, hash: string): Promise<Grant | null> {
  return ctx.store.system('authentication').transaction(async ({ em }) => {
    const session = await em.findOne(Session, { hash });
    const now = ctx.clock.now();
    if (!session || !isUsable(session, now)) return null;
    const user = await em.findOne(User, { id: session.userId });
    if (!user) return null;
    if (now.getTime() - session.lastSeenAt.getTime() > touchMs)
      await em.nativeUpdate(Session, { id: session.id }, { lastSeenAt: now });
    return {
      user: { id: user.id, name: user.name },
      places: await placesOf(em, user),
      token: null,
      until: session.expiresAt,
    };
  });
}

async function byPassword(
  ctx: Pick<PluginContext, 'store'>,
  signIn: SignIn,
  proof: { account: string; password: string; address: string },
): Promise<Grant | null> {
  try {
    const user = await signIn({ email: proof.account, password: proof.password, address: proof.address });
    const places = await ctx.store.system('authentication').transaction(({ em }) => placesOf(em, user));
    return { user: { id: user.id, name: user.name }, places, token: null, until: null };
  } catch (error) {
    if (isContainrError(error) && error.code === 'UNAUTHENTICATED') return null;
    throw error;
  }
}

/** Makes the check of what a request offers as proof. `null`: not valid. Look-ups are kept for a few seconds. */
export function createAuthenticate(
  ctx: Pick<PluginContext, 'store' | 'clock'>,
  recent: Recent<Grant>,
  signIn: SignIn,
): (proof: Proof) => Promise<Principal | null> {
  async function grantOf(proof: Proof): Promise<{ grant: Grant | null; via: Principal['via'] }> {
    if (proof.authorization === null) {
      const secret = sessionSecretOf(proof.cookies);
      if (secret === null) return { grant: null, via: 'cookie' };
      const hash = hashSecret(secret);
      return { grant: await recent.through(`session ${hash}`, () => bySession(ctx, hash)), via: 'cookie' };
    }
    const [, scheme = '', value = ''] = /^(\S+)\s+(\S+)\s*$/.exec(proof.authorization) ?? [];
    const basic = scheme.toLowerCase() === 'basic' ? decodeBasic(value) : null;
    const bearer = scheme.toLowerCase() === 'bearer' ? value : (basic?.password ?? '');
    const via = basic ? 'basic' : 'bearer';
    if (bearer.startsWith(tokenPrefix)) {
      const hash = hashSecret(bearer);
      return { grant: await recent.through(`token ${hash}`, () => byToken(ctx, hash)), via };
    }
    if (!basic) return { grant: null, via };
    const key = `basic ${hashSecret(`${basic.account}\n${basic.password}`)}`;
    return {
      grant: await recent.through(key, () => byPassword(ctx, signIn, { ...basic, address: proof.address ?? '' })),
      via,
    };
  }

  return async (proof) => {
    const { grant, via } = await grantOf(proof);
    if (!grant || (grant.until && grant.until <= ctx.clock.now())) return null;
    return principalOf(grant, proof.organisation, via);
  };
}
