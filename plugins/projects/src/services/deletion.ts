import type { PluginContext, Principal } from '@containr/sdk';
import type { DeletionDocument } from '../contract.ts';
import { DeletionDescribe, going } from '../contract.ts';
import { Change } from '../entities/change.entity.ts';
import { Environment } from '../entities/environment.entity.ts';
import { Service } from '../entities/service.entity.ts';
import { Variable } from '../entities/variable.entity.ts';
import type { Owner } from '../variables/owner.ts';
import { placeOf } from '../variables/owner.ts';

/**
 * What a deletion of a project, an environment or a service takes along, by name; nothing is changed. Throws `NOT_FOUND`, and what a
 * plugin throws that can't say what it would delete: a list with something left out would not be one.
 */
export async function describeDeletion(
  ctx: Pick<PluginContext, 'hooks' | 'store'>,
  principal: Principal,
  owner: Owner,
): Promise<DeletionDocument> {
  const found = await ctx.store.for(principal).transaction(async ({ em }) => {
    const place = await placeOf(em, owner);
    const where = owner.scope === 'service' ? { id: owner.id } : { [owner.scope]: owner.id };
    const services = await em.find(Service, where, { orderBy: { slug: 'asc' } });
    const environments =
      owner.scope === 'project' ? await em.find(Environment, { project: owner.id }, { orderBy: { slug: 'asc' } }) : [];
    const slugs = new Map([...environments, ...services].map((row) => [row.id, row.slug]));
    const ids = { $in: [owner.id, ...slugs.keys()] };
    const variables = await em.find(Variable, { owner: ids }, { orderBy: { name: 'asc' }, fields: ['owner', 'name'] });
    const changes = await em.find(
      Change,
      { $or: [{ owner: ids }, { environment: ids }] },
      { orderBy: { createdAt: 'asc' }, fields: ['name', 'owner'] },
    );
    const named = (row: { owner: string; name: string }) => `${slugs.get(row.owner) ?? place.slug}.${row.name}`;
    const inEnvironments = new Map(environments.map((row) => [row.id, row.slug]));
    return {
      place,
      services,
      goes: [
        ...going(
          'environments',
          environments.map((row) => row.slug),
        ),
        ...going(
          'services',
          services.map((row) => {
            const at = inEnvironments.get(row.environment);
            return at === undefined ? row.slug : `${row.slug}@${at}`;
          }),
        ),
        ...going('variables', variables.map(named)),
        ...going(
          'staged changes',
          changes.map((row) => (row.name === '' ? `settings of ${slugs.get(row.owner) ?? place.slug}` : named(row))),
        ),
      ],
    };
  });
  const { organisation, slug } = found.place;
  const services = found.services.map((service) => service.id);
  const { goes } = await ctx.hooks.run(DeletionDescribe, { organisation, services, goes: found.goes });
  return { confirm: slug, goes };
}
