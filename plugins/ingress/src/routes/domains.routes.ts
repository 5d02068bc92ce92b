import type { PluginContext, Principal, UnitOfWork } from '@containr/sdk';
import { conflict, defineSchema, Empty, Id, invalid, listQuery, notFound, pageOf, reply } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { Projects } from '@containr/plugin-projects/contract';
import { DomainChanged } from '../contract.ts';
import { changedFields } from '../domains/change.ts';
import { check, settle } from '../domains/claims.ts';
import type { DomainDocument } from '../domains/documents.ts';
import { DomainDocument as DomainSchema, showDomain, showName } from '../domains/documents.ts';
import { domainFields, DomainPatch } from '../domains/fields.ts';
import type { FoundDomain } from '../domains/find.ts';
import { findDomain, withHosts } from '../domains/find.ts';
import { canonicalHost, canonicalPath } from '../domains/host-rules.ts';
import { Domain } from '../entities/domain.entity.ts';
import { Host } from '../entities/host.entity.ts';
import { Name } from '../entities/name.entity.ts';
import { hasAddress } from '../host-names.ts';
import { bumpCertificates, bumpRevision } from '../revision.ts';
import type { Settings } from '../settings.ts';

const ListQuery = defineSchema({
  type: 'object',
  properties: { ...listQuery, service: Id },
  required: ['service'],
  additionalProperties: false,
});
const ById = defineSchema({ type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false });

function refuseLoop(redirectTo: string | null, host: string): void {
  if (redirectTo === null || new URL(redirectTo).hostname !== host) return;
  throw invalid(
    'A domain can not send its visitors to itself.',
    [{ path: '/redirectTo', message: 'The address is of this same host' }],
    'Give the address of another host, or use https to send visitors to HTTPS.',
  );
}

/** Custom domains: list, add, change, check, remove. `changed` is told when the route table is another one. */
export function domainRoutes(ctx: PluginContext<Settings>, changed: () => void): void {
  const projects = ctx.services.get(Projects);
  const show = ({ domain, host, certificate }: FoundDomain): DomainDocument =>
    showDomain(domain, host, certificate, ctx.settings.current, ctx.clock.now());

  async function requireService(id: string, principal: Principal): Promise<{ organisation: string }> {
    const path = (await projects.paths({ services: [id] }, { principal })).paths[0];
    if (!path) throw notFound('service');
    if (!hasAddress(path.kind))
      throw conflict(
        'CONFLICT_NO_ADDRESS',
        `A service of kind ${path.kind} answers no requests, so no domain can lead to it.`,
        'Give the domain to a web or static service.',
      );
    return path;
  }

  async function claim(unit: UnitOfWork, name: string, organisation: string): Promise<Host> {
    const mine = await unit.em.findOne(Host, { host: name });
    if (mine) return mine;
    const now = ctx.clock.now();
    const host = unit.em.create(Host, {
      id: ctx.random.id(),
      organisation,
      host: name,
      token: Buffer.from(ctx.random.bytes(20)).toString('hex'),
      verifiedAt: null,
      proof: null,
      checkedAt: null,
      problem: null,
      nextCheckAt: now,
      checks: 0,
      createdAt: now,
    });
    await unit.em.persist(host).flush();
    return host;
  }

  ctx.http.route({
    method: 'GET',
    path: '/domains',
    permission: 'route:read',
    summary: 'Names of a service, the generated one first',
    query: ListQuery,
    response: pageOf(DomainSchema),
    handler: ({ query, principal }) =>
      ctx.store.for(principal).transaction(async (unit) => {
        const keys = keyset<Domain>(query, { createdAt: 'time' }, 'createdAt');
        const rows = await unit.em.find(
          Domain,
          { $and: [{ service: query.service }, keys.where] },
          { orderBy: [...keys.orderBy], limit: keys.limit },
        );
        const shown = new Map((await withHosts(unit, rows)).map((found) => [found.domain.id, show(found)]));
        const page = keys.page(rows, (row) => row.id);
        const custom = page.items.flatMap((id) => shown.get(id) ?? []);
        if (query.cursor !== undefined) return { ...page, items: custom };
        const name = await unit.em.findOne(Name, { service: query.service });
        return { ...page, items: [...(name ? [showName(name, ctx.settings.current)] : []), ...custom] };
      }),
  });
  ctx.http.route({
    method: 'POST',
    path: '/domains',
    permission: 'domain:write',
    summary: 'Adds a custom domain to a service; it is routed once it is shown to lead here',
    body: {
      type: 'object',
      properties: {
        service: Id,
        host: { type: 'string', minLength: 1, maxLength: 253 },
        path: { type: 'string', maxLength: 200, default: '/' },
        ...domainFields,
      },
      required: ['service', 'host'],
      additionalProperties: false,
    },
    response: DomainSchema,
    status: 201,
    handler: async ({ body, principal }) => {
      const { service, host: asked, path: askedPath, ...patch } = body;
      const { organisation } = await requireService(service, principal);
      const dashboard = new URL(ctx.http.origin).hostname;
      const name = canonicalHost(asked, { appsDomain: ctx.settings.current.appsDomain, dashboard });
      const path = canonicalPath(askedPath ?? '/');
      const fresh = { redirectTo: null, https: 'redirect' as const, headers: [], users: [] };
      const fields = await changedFields(ctx, patch, fresh);
      refuseLoop(fields.redirectTo, name);
      const found = await ctx.store.for(principal).transaction(async (unit) => {
        const host = await claim(unit, name, organisation);
        const taken = await unit.em.findOne(Domain, { hostId: host.id, path });
        if (taken)
          throw conflict(
            'CONFLICT_DOMAIN',
            `${name}${path} leads to ${taken.service === service ? 'this' : 'another'} service already.`,
            'Remove it there first, or give another path.',
          );
        const now = ctx.clock.now();
        const row = { id: ctx.random.id(), organisation, service, hostId: host.id, path, ...fields };
        const domain = unit.em.create(Domain, { ...row, createdAt: now, updatedAt: now });
        await unit.em.persist(domain).flush();
        if (host.verifiedAt !== null || ctx.settings.current.ownership === 'checked') await bumpRevision(unit);
        unit.emit(DomainChanged, { service, host: name });
        return findDomain(unit, domain.id);
      });
      if (found.host.verifiedAt === null && ctx.settings.current.ownership === 'trusted') await trust(found.host.id);
      changed();
      const made = await ctx.store.for(principal).transaction((unit) => findDomain(unit, found.domain.id));
      return reply({ status: 201, headers: { location: `/api/v1/domains/${made.domain.id}` }, body: show(made) });
    },
  });

  async function trust(id: string): Promise<void> {
    await ctx.store.system('a host has one owner among all organisations').transaction(async (unit) => {
      const host = await unit.em.findOne(Host, { id });
      if (host) await settle(ctx, unit, host, { proof: 'trust' });
    });
  }

  ctx.http.route({
    method: 'GET',
    path: '/domains/{id}',
    permission: 'route:read',
    summary: 'One custom domain',
    params: ById,
    response: DomainSchema,
    handler: async ({ params, principal }) =>
      show(await ctx.store.for(principal).transaction((unit) => findDomain(unit, params.id))),
  });
  ctx.http.route({
    method: 'PATCH',
    path: '/domains/{id}',
    permission: 'domain:write',
    summary: 'Changes redirect, HTTPS, headers and who may pass',
    params: ById,
    body: DomainPatch,
    response: DomainSchema,
    handler: async ({ params, body, principal }) => {
      const store = ctx.store.for(principal);
      const before = await store.transaction((unit) => findDomain(unit, params.id));
      const fields = await changedFields(ctx, body, before.domain);
      refuseLoop(fields.redirectTo, before.host.host);
      const after = await store.transaction(async (unit) => {
        const found = await findDomain(unit, params.id);
        Object.assign(found.domain, fields, { updatedAt: ctx.clock.now() });
        await bumpRevision(unit);
        unit.emit(DomainChanged, { service: found.domain.service, host: found.host.host });
        return found;
      });
      changed();
      return show(after);
    },
  });
  ctx.http.route({
    method: 'POST',
    path: '/domains/{id}/check',
    permission: 'domain:write',
    summary: 'Looks now whether a domain leads here',
    params: ById,
    response: DomainSchema,
    handler: async ({ params, principal, signal }) => {
      const store = ctx.store.for(principal);
      const { host } = await store.transaction((unit) => findDomain(unit, params.id));
      if (ctx.settings.current.ownership === 'trusted') await trust(host.id);
      else await check(ctx, host.id, signal);
      changed();
      return show(await store.transaction((unit) => findDomain(unit, params.id)));
    },
  });
  ctx.http.route({
    method: 'DELETE',
    path: '/domains/{id}',
    permission: 'domain:write',
    summary: 'Removes a custom domain, and its certificate with the last path of its host',
    params: ById,
    query: {
      type: 'object',
      properties: { confirm: { type: 'string', maxLength: 253 } },
      additionalProperties: false,
    },
    response: Empty,
    handler: async ({ params, query, principal }) => {
      await ctx.store.for(principal).transaction(async (unit) => {
        const { domain, host } = await findDomain(unit, params.id);
        if (query.confirm !== host.host)
          throw conflict(
            'CONFLICT_CONFIRM',
            `Visitors of ${host.host} would not reach the service any more, and it was not confirmed.`,
            `Add ?confirm=${host.host} to the request.`,
          );
        await unit.em.nativeDelete(Domain, { id: domain.id });
        if ((await unit.em.count(Domain, { hostId: host.id })) === 0) {
          await unit.em.nativeDelete(Host, { id: host.id });
          await bumpCertificates(unit);
        }
        await bumpRevision(unit);
        unit.emit(DomainChanged, { service: domain.service, host: host.host });
      });
      changed();
      return {};
    },
  });
}
