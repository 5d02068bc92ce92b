import type { PluginContext } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import { tellChanged } from '../domains/claims.ts';
import { Certificate } from '../entities/certificate.entity.ts';
import { Host } from '../entities/host.entity.ts';
import { query } from '../query.ts';
import { bumpCertificates, bumpRevision } from '../revision.ts';
import type { Settings } from '../settings.ts';
import type { Spread } from '../spread.ts';
import { accountFor } from './accounts.ts';
import type { Issued } from './authority.ts';
import { orderCertificate } from './authority.ts';
import { wayFor } from './proofs.ts';
import { factsOf } from './read-certificate.ts';
import { pauseAfterFailure, renewalTime } from './renewal.ts';

const reason = 'certificates of all organisations are ordered and renewed';
const atOnce = 3;
/** Longest time for one order; a process that dies in it leaves the order to others when this has passed. */
const leaseMs = 300_000;

interface Due {
  readonly id: string;
  readonly host_id: string;
}

function hintFor(message: string): string {
  if (/rateLimited|too many/i.test(message))
    return 'The authority limits how often it is asked; it is tried again by itself later.';
  if (/dns|NXDOMAIN|SERVFAIL|CAA/i.test(message))
    return "Look at the domain's DNS records, also CAA ones; it is tried again by itself.";
  if (/connection|timeout|unauthorized|refused|404/i.test(message))
    return 'The authority must reach this host on port 80 from outside; look at its DNS records and the firewall.';
  return 'It is tried again by itself; look at the settings of the ingress when it goes on.';
}

async function claimDue(ctx: PluginContext<Settings>): Promise<readonly Due[]> {
  const now = ctx.clock.now();
  return ctx.store.system(reason).transaction((unit) =>
    query<Due>(
      unit,
      `update certificates set next_try_at = ?, tries = tries + 1, state = case when chain is null then 'issuing' else state end
       where id in (
         select c.id from certificates c join hosts h on h.id = c.host_id
         where c.source = 'acme' and c.next_try_at <= ? and h.verified_at is not null
         order by c.next_try_at limit ? for update of c skip locked
       ) returning id, host_id`,
      [new Date(now.getTime() + leaseMs), now, atOnce],
    ),
  );
}

async function order(ctx: PluginContext<Settings>, spread: Spread, host: string, signal: AbortSignal): Promise<Issued> {
  const { acmeDirectory, acmeCa, acmeEmail } = ctx.settings.current;
  const way = await wayFor(ctx, spread, host);
  const { account, registered } = await accountFor(ctx, acmeDirectory);
  try {
    return await orderCertificate({
      directory: acmeDirectory,
      ca: acmeCa,
      email: acmeEmail,
      account,
      registered,
      host,
      kind: way.kind,
      present: way.present,
      signal,
    });
  } finally {
    await way.clear();
  }
}

async function settle(ctx: PluginContext<Settings>, due: Due, outcome: Issued | Error): Promise<void> {
  await ctx.store.system(reason).transaction(async (unit) => {
    const [row, host] = [
      await unit.em.findOne(Certificate, { id: due.id }),
      await unit.em.findOne(Host, { id: due.host_id }),
    ];
    // Its owner brought one meanwhile, or the domain is gone.
    if (!row || !host || row.source !== 'acme') return;
    const now = ctx.clock.now();
    row.updatedAt = now;
    if (outcome instanceof Error) {
      const message = outcome.message.slice(0, 500);
      row.state = row.chain === null ? 'failed' : 'valid';
      row.problem = isContainrError(outcome) ? message : `The authority gave no certificate: ${message}`;
      row.hint = isContainrError(outcome) ? (outcome.hint ?? null) : hintFor(message);
      row.nextTryAt = new Date(now.getTime() + pauseAfterFailure(row.tries));
    } else {
      const facts = factsOf(outcome.chain);
      const [random = 0] = ctx.random.bytes(1);
      Object.assign(row, { chain: outcome.chain, key: ctx.secrets.seal(row.id, outcome.key), ...facts });
      row.state = 'valid';
      row.problem = null;
      row.hint = null;
      row.tries = 0;
      row.nextTryAt = renewalTime(facts, random / 255);
      await bumpCertificates(unit);
      // Its routes may send visitors to HTTPS from now on.
      await bumpRevision(unit);
    }
    await tellChanged(unit, host);
  });
}

async function issue(ctx: PluginContext<Settings>, spread: Spread, due: Due, signal: AbortSignal): Promise<void> {
  const host = await ctx.store
    .system(reason)
    .transaction(async ({ em }) => (await em.findOne(Host, { id: due.host_id }))?.host);
  if (host === undefined) return;
  const outcome = await order(ctx, spread, host, signal).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  if (signal.aborted && outcome instanceof Error) return;
  if (outcome instanceof Error) ctx.log.warn({ host, error: outcome }, 'no certificate for a host');
  else ctx.log.info({ host }, 'a host has a new certificate');
  await settle(ctx, due, outcome);
}

/** Orders and renews what is due; processes share it. Resolves to whether there was anything. */
export async function issueDue(ctx: PluginContext<Settings>, spread: Spread, signal: AbortSignal): Promise<boolean> {
  if (ctx.settings.current.certificates === 'off') return false;
  const due = await claimDue(ctx);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(leaseMs)]);
  await Promise.all(due.map((one) => issue(ctx, spread, one, limited)));
  if (due.length > 0) await spread.apply();
  return due.length > 0;
}
