import type { Implementation, PluginContext } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import type { Contract, Methods } from '@containr/sdk';
import { Routes } from './contract.ts';
import { Target } from './entities/target.entity.ts';
import type { Names } from './names.ts';
import { Projects } from '@containr/plugin-projects/contract';
import { bumpRevision } from './revision.ts';
import type { Settings } from './settings.ts';
import type { Spread } from './spread.ts';

type MethodsOf<C> = C extends Contract<infer M extends Methods> ? M : never;

/** What other plugins move routes by. */
export function routesService(
  ctx: PluginContext<Settings>,
  names: Names,
  spread: Spread,
): Implementation<MethodsOf<typeof Routes>> {
  const projects = ctx.services.get(Projects);
  return {
    async switchTo({ service, deployment, upstreams, balance = 'round-robin' }, { principal }) {
      const { paths } = await projects.paths({ services: [service] }, { principal });
      const path = paths[0];
      if (!path) throw notFound('service');
      await names.ensure([service], principal);
      await ctx.store.for(principal).transaction(async (unit) => {
        const row = {
          service,
          organisation: path.organisation,
          deployment,
          upstreams,
          balance,
          heldUntil: null,
          updatedAt: ctx.clock.now(),
        };
        await unit.em.upsert(Target, row);
        await bumpRevision(unit);
      });
      return { revision: await spread.apply() };
    },
    async hold({ service, forMs }, { principal }) {
      const heldUntil = forMs === 0 ? null : new Date(ctx.clock.now().getTime() + forMs);
      await ctx.store.for(principal).transaction(async (unit) => {
        const changed = await unit.em.nativeUpdate(Target, { service }, { heldUntil });
        if (changed === 0) throw notFound('service');
        await bumpRevision(unit);
      });
      return { revision: await spread.apply() };
    },
    async current({ services }, { principal }) {
      const rows = await ctx.store
        .for(principal)
        .transaction(({ em }) => em.find(Target, { service: { $in: [...services] } }));
      const found = new Map(rows.map((row) => [row.service, row.deployment]));
      return { deployments: Object.fromEntries(services.map((service) => [service, found.get(service) ?? null])) };
    },
    urls: async ({ services }, { principal }) => ({ urls: await names.urls(services, principal) }),
    async inFlight({ replicas }) {
      const all = await spread.inFlight();
      return { inFlight: Object.fromEntries(replicas.map((replica) => [replica, all[replica] ?? 0])) };
    },
  };
}
