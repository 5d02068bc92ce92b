import type { PluginContext } from '@containr/sdk';
import { query } from '../query.ts';
import type { Settings } from '../settings.ts';
import { check } from './claims.ts';

const atOnce = 5;
/** A process that dies while it checks leaves the claim to others after this time. */
const leaseMs = 60_000;

/** Checks the claims that are due; processes share them. Resolves to whether a host got an owner. */
export async function checkDue(ctx: PluginContext<Settings>, signal: AbortSignal): Promise<boolean> {
  const now = ctx.clock.now();
  const due = await ctx.store.system('claims of all organisations are checked').transaction((unit) =>
    query<{ id: string }>(
      unit,
      `update hosts set next_check_at = ? where id in (
         select id from hosts where verified_at is null and next_check_at <= ?
         order by next_check_at limit ? for update skip locked
       ) returning id`,
      [new Date(now.getTime() + leaseMs), now, atOnce],
    ),
  );
  const settled = await Promise.allSettled(due.map(({ id }) => check(ctx, id, signal)));
  for (const outcome of settled)
    if (outcome.status === 'rejected')
      ctx.log.warn({ error: outcome.reason as unknown }, 'a domain could not be checked');
  return settled.some((outcome) => outcome.status === 'fulfilled' && outcome.value);
}
