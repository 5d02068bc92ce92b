import type { UnitOfWork } from '@containr/sdk';
import { Domain } from '../entities/domain.entity.ts';
import { Host } from '../entities/host.entity.ts';
import { bumpCertificates } from '../revision.ts';

/** Removes the domains of a deleted service, and hosts with their certificates that nothing leads to any more. */
export async function forgetDomains(unit: UnitOfWork, service: string): Promise<void> {
  const domains = await unit.em.find(Domain, { service });
  if (domains.length === 0) return;
  await unit.em.nativeDelete(Domain, { service });
  for (const host of new Set(domains.map((domain) => domain.hostId)))
    if ((await unit.em.count(Domain, { hostId: host })) === 0) await unit.em.nativeDelete(Host, { id: host });
  await bumpCertificates(unit);
}
