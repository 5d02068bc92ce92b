import type { UnitOfWork } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import { Certificate } from '../entities/certificate.entity.ts';
import { Domain } from '../entities/domain.entity.ts';
import { Host } from '../entities/host.entity.ts';

/** A domain with the host that it is a path of, and its certificate. */
export interface FoundDomain {
  readonly domain: Domain;
  readonly host: Host;
  readonly certificate: Certificate | undefined;
}

/** Completes domains with what belongs to their hosts. */
export async function withHosts(unit: UnitOfWork, domains: readonly Domain[]): Promise<FoundDomain[]> {
  if (domains.length === 0) return [];
  const ids = [...new Set(domains.map((domain) => domain.hostId))];
  const hosts = new Map((await unit.em.find(Host, { id: { $in: ids } })).map((host) => [host.id, host]));
  const certificates = new Map(
    (await unit.em.find(Certificate, { hostId: { $in: ids } })).map((row) => [row.hostId, row]),
  );
  return domains.flatMap((domain) => {
    const host = hosts.get(domain.hostId);
    return host ? [{ domain, host, certificate: certificates.get(host.id) }] : [];
  });
}

/** One custom domain of the caller's organisation. Throws `NOT_FOUND`. */
export async function findDomain(unit: UnitOfWork, id: string): Promise<FoundDomain> {
  const domain = await unit.em.findOne(Domain, { id });
  const [found] = domain ? await withHosts(unit, [domain]) : [];
  if (!found) throw notFound('domain');
  return found;
}
