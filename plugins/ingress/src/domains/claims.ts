import type { PluginContext, UnitOfWork } from '@containr/sdk';
import { DomainChanged } from '../contract.ts';
import { Certificate } from '../entities/certificate.entity.ts';
import { Domain } from '../entities/domain.entity.ts';
import { Host } from '../entities/host.entity.ts';
import { bumpCertificates, bumpRevision } from '../revision.ts';
import type { Settings } from '../settings.ts';
import type { Finding, Proof } from './prove.ts';
import { prove } from './prove.ts';

const reason = 'a host has one owner among all organisations';

/** How long a claim is checked by itself. */
const patienceMs = 7 * 24 * 3600_000;
const firstPauseMs = 5000;
const longestPauseMs = 3600_000;

/** Pause before the next check: 5 s at first, twice as long each time, at most an hour. */
export function pauseAfter(checks: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(checks, 20));
}

/** Tells everybody who looks at one of its services that a host changed. */
export async function tellChanged(unit: UnitOfWork, host: Pick<Host, 'id' | 'host' | 'organisation'>): Promise<void> {
  const domains = await unit.em.find(Domain, { hostId: host.id });
  for (const service of new Set(domains.map((domain) => domain.service)))
    unit.emit(DomainChanged, { service, host: host.host }, host.organisation);
}

/** Gives a verified host a certificate to wait for, where they are ordered by themselves and it has none. */
export async function wantCertificate(
  ctx: PluginContext<Settings>,
  unit: UnitOfWork,
  host: Pick<Host, 'id' | 'organisation'>,
): Promise<void> {
  if (ctx.settings.current.certificates === 'off') return;
  if (await unit.em.findOne(Certificate, { hostId: host.id })) return;
  const now = ctx.clock.now();
  await unit.em.insert(Certificate, {
    id: ctx.random.id(),
    organisation: host.organisation,
    hostId: host.id,
    source: 'acme',
    state: 'waiting',
    chain: null,
    key: null,
    issuer: null,
    notBefore: null,
    notAfter: null,
    problem: null,
    hint: null,
    tries: 0,
    nextTryAt: now,
    updatedAt: now,
  });
}

/** After a change of settings: every owned host without a certificate waits for one, where they are ordered. */
export async function wantCertificates(ctx: PluginContext<Settings>): Promise<void> {
  if (ctx.settings.current.certificates === 'off') return;
  await ctx.store.system(reason).transaction(async (unit) => {
    for (const host of await unit.em.find(Host, { verifiedAt: { $ne: null } })) await wantCertificate(ctx, unit, host);
  });
}

/** Makes a claimant the owner. Throws nothing: what stands against it is the row's problem. */
export async function settle(
  ctx: PluginContext<Settings>,
  unit: UnitOfWork,
  host: Host,
  finding: Finding | { readonly proof: 'trust' },
): Promise<boolean> {
  const now = ctx.clock.now();
  host.checkedAt = now;
  if ('problem' in finding) {
    host.problem = finding.problem;
    const age = now.getTime() - host.createdAt.getTime();
    host.nextCheckAt = age > patienceMs ? null : new Date(now.getTime() + pauseAfter(host.checks));
    await tellChanged(unit, host);
    return false;
  }
  const owner = await unit.em.findOne(Host, { host: host.host, verifiedAt: { $ne: null }, id: { $ne: host.id } });
  if (owner && !outweighs(finding.proof, owner.proof)) {
    host.problem = 'Another organisation of this install has this host.';
    host.nextCheckAt = null;
    await tellChanged(unit, host);
    return false;
  }
  if (owner) {
    owner.verifiedAt = null;
    owner.proof = null;
    owner.problem = 'Another organisation showed by a DNS record that the host is its own.';
    owner.nextCheckAt = null;
    await tellChanged(unit, owner);
    await unit.em.flush();
  }
  host.verifiedAt = now;
  host.proof = finding.proof;
  host.problem = null;
  host.nextCheckAt = null;
  await wantCertificate(ctx, unit, host);
  await bumpRevision(unit);
  // One that was brought before is served from now on; that of an owner before, with its key, no more.
  await bumpCertificates(unit);
  await tellChanged(unit, host);
  return true;
}

/** Who writes a host's DNS records owns it; that a name leads here shows less. */
function outweighs(proof: Proof | 'trust', other: Host['proof']): boolean {
  return proof === 'dns' && other !== 'dns';
}

/** Whether others stand beside a claim, so that an answer over HTTP does not tell whose the host is. */
async function isDisputed(unit: UnitOfWork, host: Host): Promise<boolean> {
  const names = [host.host, `*${host.host.slice(host.host.indexOf('.'))}`];
  const others = await unit.em.count(Host, { host: { $in: names }, organisation: { $ne: host.organisation } });
  return others > 0;
}

/** Checks one claim now. Resolves to whether its claimant owns the host. */
export async function check(ctx: PluginContext<Settings>, id: string, signal: AbortSignal): Promise<boolean> {
  const store = ctx.store.system(reason);
  const asked = await store.transaction(async (unit) => {
    const host = await unit.em.findOne(Host, { id });
    return host && { host: host.host, token: host.token, disputed: await isDisputed(unit, host) };
  });
  if (!asked) return false;
  const { dnsServers, port, scheme } = ctx.settings.current;
  const finding = await prove(asked.host, {
    token: asked.token,
    dnsServers,
    port: scheme === 'https' ? 80 : port,
    dnsOnly: asked.host.startsWith('*.') || asked.disputed,
    signal,
  });
  return store.transaction(async (unit) => {
    const host = await unit.em.findOne(Host, { id });
    if (!host) return false;
    if (host.verifiedAt !== null && 'problem' in finding) return true;
    host.checks++;
    return settle(ctx, unit, host, finding);
  });
}
