import type { EntityManager } from '@mikro-orm/core';
import { Service } from '../entities/service.entity.ts';
import { Variable } from '../entities/variable.entity.ts';

/**
 * Ids of the services of an environment that refer to one of these slugs, directly or by way of others. What is shared reaches every
 * service of the environment, so its references are everybody's.
 */
export async function dependantsOf(
  em: EntityManager,
  place: Pick<Service, 'environment' | 'project'>,
  slugs: readonly string[],
): Promise<string[]> {
  const services = await em.find(Service, { environment: place.environment }, { fields: ['id', 'slug'] });
  const owners = [place.environment, place.project, ...services.map((service) => service.id)];
  const referring = await em.find(
    Variable,
    { owner: { $in: owners }, refs: { $ne: null } },
    { fields: ['owner', 'scope', 'refs'] },
  );
  const named = (rows: typeof referring) =>
    rows.flatMap((row) => (row.refs ?? []).flatMap((reference) => reference.service ?? []));
  const shared = named(referring.filter((row) => row.scope !== 'service'));
  const names = new Map(
    services.map((service) => [service.id, [...shared, ...named(referring.filter((row) => row.owner === service.id))]]),
  );
  const reached = new Set(slugs);
  const found = new Set<string>();
  for (let grows = true; grows;) {
    grows = false;
    for (const { id, slug } of services) {
      if (found.has(id) || !names.get(id)?.some((name) => reached.has(name))) continue;
      found.add(id);
      reached.add(slug);
      grows = true;
    }
  }
  return [...found];
}
