import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/core';
import type { PluginContext } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import { setupDone, setupTokenWrong } from './auth-errors.ts';
import { Organisation } from './entities/organisation.entity.ts';
import { SetupLink } from './entities/setup-link.entity.ts';
import { hashSecret, newSecret, sameHash } from './proofs.ts';

const only = 'setup';
type Ctx = Pick<PluginContext, 'store' | 'clock' | 'random' | 'secrets' | 'log'> & {
  readonly http: Pick<PluginContext['http'], 'origin'>;
};

/** Makes organisation `default` and the one-time token at the first boot; later boots find them. */
export async function ensureSetup(ctx: Ctx): Promise<void> {
  await ctx.store.system('set-up').transaction(async ({ em }) => {
    if (await em.findOne(SetupLink, { id: only })) return;
    const now = ctx.clock.now();
    const secret = newSecret(ctx.random);
    const organisation = { id: ctx.random.id(), slug: 'default', name: 'Default', createdAt: now };
    await em.insert(Organisation, organisation);
    await em.insert(SetupLink, {
      id: only,
      hash: hashSecret(secret),
      sealed: ctx.secrets.seal(only, secret),
      organisationId: organisation.id,
      createdAt: now,
      doneAt: null,
    });
  });
}

/** The link that makes the first owner; `null` once it was used. A token that can't be read any more is replaced. */
export async function setupLink(ctx: Ctx): Promise<string | null> {
  const secret = await ctx.store.system('set-up').transaction(async ({ em }) => {
    const row = await em.findOne(SetupLink, { id: only }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!row || row.doneAt) return null;
    return reopen(ctx, row.sealed ?? '') ?? replace(ctx, em);
  });
  return secret === null ? null : `${ctx.http.origin}/setup?token=${secret}`;
}

function reopen(ctx: Ctx, sealed: string): string | null {
  try {
    return ctx.secrets.open(only, sealed);
  } catch (error) {
    if (!isContainrError(error)) throw error;
    ctx.log.warn({ code: error.code }, 'the set-up token is not readable with the present keys, so there is a new one');
    return null;
  }
}

async function replace(ctx: Ctx, em: EntityManager): Promise<string> {
  const secret = newSecret(ctx.random);
  await em.nativeUpdate(SetupLink, { id: only }, { hash: hashSecret(secret), sealed: ctx.secrets.seal(only, secret) });
  return secret;
}

/** Whether the first owner exists. */
export async function isSetUp(ctx: Ctx): Promise<boolean> {
  const row = await ctx.store.system('set-up').transaction(({ em }) => em.findOne(SetupLink, { id: only }));
  return row?.doneAt !== null && row?.doneAt !== undefined;
}

/** Checks a set-up token; with `lock`, nobody else can claim until the transaction ends. Throws `SETUP_DONE` or `SETUP_TOKEN_WRONG`. */
export async function checkSetupToken(em: EntityManager, token: string, lock: boolean): Promise<SetupLink> {
  const row = await em.findOne(
    SetupLink,
    { id: only },
    lock ? { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } : {},
  );
  if (!row || row.doneAt) throw setupDone();
  if (!sameHash(row.hash, hashSecret(token))) throw setupTokenWrong();
  return row;
}
