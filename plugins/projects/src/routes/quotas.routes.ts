import type { PluginContext, Principal } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import type { QuotaItem, QuotaLimits } from '../contract.ts';
import { QuotaDescribe, QuotaItem as Item, quotaResources, Quotas } from '../contract.ts';
import { Quota } from '../entities/quota.entity.ts';
import { useOf } from '../quotas/use.ts';

const nullable = <const S>(schema: S) => ({ anyOf: [schema, { type: 'null' }] }) as const;
const amount = nullable({ type: 'number', minimum: 0 });
const whole = nullable({ type: 'integer', minimum: 0 });

const QuotaDocument = defineSchema({
  type: 'object',
  properties: { items: { type: 'array', items: Item } },
  required: ['items'],
  additionalProperties: false,
});
const Patch = defineSchema({
  type: 'object',
  properties: {
    projects: whole,
    services: whole,
    replicas: whole,
    cpu: amount,
    memoryBytes: whole,
    builds: nullable({ type: 'integer', minimum: 1 }),
    artifactBytes: whole,
  },
  additionalProperties: false,
});

/** Quotas of the organisation acted in, with what is used of them. */
export function quotaRoutes(ctx: PluginContext): void {
  ctx.services.provide(Quotas, {
    limits: async (_, { principal }) => {
      const store =
        principal.organisation === null
          ? ctx.store.system('limits of all organisations, for what they share')
          : ctx.store.for(principal);
      const rows = await store.transaction(({ em }) => em.find(Quota, {}));
      return { organisations: rows.map(({ organisation, limits }) => ({ organisation, limits })) };
    },
  });
  ctx.http.route({
    method: 'GET',
    path: '/quotas',
    permission: 'project:read',
    summary: 'What the organisation may have, and what it uses of it',
    response: QuotaDocument,
    handler: async ({ principal }) => ({ items: await show(ctx, principal) }),
  });
  ctx.http.route({
    method: 'PATCH',
    path: '/quotas',
    permission: 'quota:write',
    summary: 'Sets limits of the organisation by JSON merge patch; `null` takes one away. What is over a limit stays',
    body: Patch,
    response: QuotaDocument,
    handler: async ({ body, principal }) => {
      const organisation = organisationOf(principal);
      await ctx.store.for(principal).transaction(async ({ em }) => {
        const row = await em.findOne(Quota, { organisation });
        const limits = Object.fromEntries(
          Object.entries({ ...(row?.limits ?? {}), ...body }).filter(([, value]) => value !== null),
        ) as QuotaLimits;
        const stamp = { updatedBy: principal.name, updatedAt: ctx.clock.now() };
        if (row) Object.assign(row, { limits, ...stamp });
        else await em.insert(Quota, { organisation, limits, ...stamp });
      });
      return { items: await show(ctx, principal) };
    },
  });
}

async function show(ctx: PluginContext, principal: Principal): Promise<QuotaItem[]> {
  const organisation = organisationOf(principal);
  const { use, limits } = await ctx.store.for(principal).transaction(async ({ em }) => ({
    use: await useOf(em, organisation),
    limits: (await em.findOne(Quota, { organisation }))?.limits ?? {},
  }));
  const own = quotaResources.flatMap((resource): QuotaItem[] =>
    resource === 'builds' || resource === 'artifactBytes'
      ? []
      : [{ resource, used: use[resource], limit: limits[resource] ?? null }],
  );
  const { items } = await ctx.hooks.run(QuotaDescribe, { organisation, items: own });
  return items.map((item) => ({ ...item, limit: limits[item.resource] ?? item.limit }));
}

function organisationOf(principal: Principal): string {
  if (principal.organisation !== null) return principal.organisation;
  throw new ContainrError({
    code: 'FORBIDDEN',
    status: 403,
    detail: 'A quota belongs to an organisation, and none is named.',
    hint: 'Send the header Containr-Organisation.',
  });
}
