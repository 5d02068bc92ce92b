import type { Live } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';

/** `ctx.live` of an isolated plugin: what processes share is shared by trusted plugins alone. */
export function noLive(): Live {
  const no = (): never => {
    throw new ContainrError({
      code: 'LIVE_ISOLATED',
      status: 403,
      detail: 'An isolated plugin shares no cache, rate limits or live messages.',
      hint: 'Keep it in memory or in the store, or have an admin trust the plugin.',
    });
  };
  const refuse = async (): Promise<never> => no();
  return {
    cache: { get: refuse, set: refuse, delete: refuse, through: refuse },
    limits: { take: refuse },
    fanOut: { publish: no, subscribe: no },
  };
}
