import type { EntityManager, FilterQuery } from '@mikro-orm/core';
import type { PluginContext, Principal } from '@containr/sdk';
import { Id, listQuery, notFound, pageOf } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { accountOf } from '../account.ts';
import { OrganisationDocument } from '../contract.ts';
import { Organisation } from '../entities/organisation.entity.ts';
import type { Grant } from '../grants.ts';
import { placesOf } from '../grants.ts';
import type { Recent } from '../recent.ts';
import { showOrganisation } from '../show.ts';

/** Which organisations a principal may know of: its own; the console all. */
async function visibleTo(em: EntityManager, principal: Principal): Promise<FilterQuery<Organisation>> {
  if (principal.kind === 'console' || principal.kind === 'system') return {};
  const only = principal.kind === 'token' ? (principal.organisation ?? undefined) : undefined;
  const places = await placesOf(em, await accountOf(em, principal), only);
  return { id: { $in: places.map((place) => place.organisation) } };
}

/** Organisations that one is in; the console sees all. */
export function organisationRoutes(ctx: PluginContext, recent: Recent<Grant>): void {
  ctx.http.route({
    method: 'GET',
    path: '/organisations',
    permission: 'account:self',
    summary: 'Organisations that you are in',
    query: { type: 'object', properties: listQuery, additionalProperties: false },
    response: pageOf(OrganisationDocument),
    handler: async ({ query, principal }) =>
      ctx.store.system('own organisations').transaction(async ({ em }) => {
        const keys = keyset<Organisation>(query, { createdAt: 'time', name: 'text', slug: 'text' }, 'name');
        const rows = await em.find(Organisation, { $and: [await visibleTo(em, principal), keys.where] }, { orderBy: [...keys.orderBy], limit: keys.limit });
        return keys.page(rows, showOrganisation);
      }),
  });
  ctx.http.route({
    method: 'PATCH',
    path: '/organisations/{id}',
    permission: 'organisation:write',
    summary: 'Renames an organisation; its slug, and with it Git addresses, stays',
    params: { type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false },
    body: { type: 'object', properties: { name: { type: 'string', minLength: 1, maxLength: 60, pattern: '\\S' } }, required: ['name'], additionalProperties: false },
    response: OrganisationDocument,
    handler: async ({ params, body, principal }) => {
      if (principal.organisation !== params.id) throw notFound('organisation');
      const organisation = await ctx.store.system('rename the organisation acted in').transaction(async ({ em }) => {
        const row = await em.findOneOrFail(Organisation, { id: params.id });
        row.name = body.name.trim();
        await em.flush();
        return row;
      });
      recent.clear();
      return showOrganisation(organisation);
    },
  });
}
