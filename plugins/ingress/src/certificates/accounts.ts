import type { PluginContext } from '@containr/sdk';
import { AcmeAccount } from '../entities/acme-account.entity.ts';
import type { Settings } from '../settings.ts';
import type { Account } from './authority.ts';
import { newAccountKey } from './authority.ts';

const reason = "the account with a certificate authority is the whole install's";

/** The account of this install with an authority; its key is made when there is none. */
export async function accountFor(
  ctx: PluginContext<Settings>,
  directory: string,
): Promise<{ account: Account; readonly registered: (url: string) => Promise<void> }> {
  const store = ctx.store.system(reason);
  const kept = await store.transaction(({ em }) => em.findOne(AcmeAccount, { directory }));
  if (kept)
    return { account: { url: kept.url, key: ctx.secrets.open(kept.id, kept.key) }, registered: async () => undefined };
  const key = await newAccountKey();
  const id = ctx.random.id();
  return {
    account: { url: null, key },
    registered: (url) =>
      store.transaction(async ({ em }) => {
        // Of two processes that register at once, the first one's account is used from then on.
        if (await em.findOne(AcmeAccount, { directory })) return;
        await em.insert(AcmeAccount, {
          id,
          directory,
          url,
          key: ctx.secrets.seal(id, key),
          createdAt: ctx.clock.now(),
        });
      }),
  };
}
