import type { EntityManager } from '@mikro-orm/core';
import type { Infer, PluginContext, Principal } from '@containr/sdk';
import { defineSchema, Id, listQuery, notFound, pageOf } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { accountOf } from '../account.ts';
import { OrganisationDocument } from '../contract.ts';
import { Organisation } from '../entities/organisation.entity.ts';
import type { Grant } from '../grants.ts';
import { placesOf } from '../grants.ts';
import type { Recent } from '../recent.ts';
import { showOrganisation } from '../show.ts';

const OrganisationPage = defineSchema(pageOf(OrganisationDocument));
const OrganisationQuery = defineSchema({ type: 'object', properties: listQuery, additionalProperties: false });

/** Which organisations a principal may know of: its own; the console all. */
async function visibleTo(em: EntityManager, principal: Principal): Promise<{ id?: { $in: string[] } }> {
  if (principal.kind === 'console' || principal.kind === 'system') return {};
  const only = principal.kind === 'token' ? (principal.organisation ?? undefined) : undefined;
  const places = await placesOf(em, await accountOf(em, principal), only);
  return { id: { $in: places.map((place) => place.organisation) } };
}

async function listOrganisations(
  ctx: PluginContext,
  query: Infer<typeof OrganisationQuery>,
  principal: Principal,
): Promise<Infer<typeof OrganisationPage>> {
  const keys = keyset<Organisation>(query, { createdAt: 'time', name: 'text', slug: 'text' }, 'name');
  const rows = await ctx.store.system('own organisations').transaction(async ({ em }) => {
    const visible = await visibleTo(em, principal);
    return em.find(Organisation, { $and: [visible, keys.where] }, { orderBy: [...keys.orderBy], limit: keys.limit });
  });
  return keys.page(rows, showOrganisation);
}

async function rename(ctx: PluginContext, id: string, name: string): Promise<Organisation> {
  return ctx.store.system('rename the organisation acted in').transaction(async ({ em }) => {
    const row = await em.findOneOrFail(Organisation, { id });
    row.name = name;
    await em.flush();
    return row;
  });
}

/** Organisations that one is in; the console sees all. */
export function organisationRoutes(ctx: PluginContext, recent: Recent<Grant>): void {
  ctx.http.route({
    method: 'GET',
    path: '/organisations',
    permission: 'account:self',
    summary: 'Organisations that you are in',
    query: OrganisationQuery,
    response: OrganisationPage,
    handler: async ({ query, principal }) => listOrganisations(ctx, query, principal),
  });
  ctx.http.route({
    method: 'PATCH',
    path: '/organisations/{id}',
    permission: 'organisation:write',
    summary: 'Renames an organisation; its slug, and with it Git addresses, stays',
    params: { type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false },
    body: {
      type: 'object',
      properties: { name: { type: 'string', minLength: 1, maxLength: 60, pattern: '\\S' } },
      required: ['name'],
      additionalProperties: false,
    },
    response: OrganisationDocument,
    handler: async ({ params, body, principal }) => {
      if (principal.organisation !== params.id) throw notFound('organisation');
      const organisation = await rename(ctx, params.id, body.name.trim());
      recent.clear();
      return showOrganisation(organisation);
    },
  });
}
