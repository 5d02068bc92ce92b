import { definePlugin } from '@containr/sdk';
import { Ingress } from '@containr/sdk/contracts';
import { ServiceCreated, ServiceDeleted, ServiceDescribe } from '@containr/plugin-projects/contract';
import { Routes } from './contract.ts';
import { Name } from './entities/name.entity.ts';
import { Target } from './entities/target.entity.ts';
import { init } from './migrations/0001-init.ts';
import { createNames } from './names.ts';
import { bumpRevision } from './revision.ts';
import { renumber } from './route-table.ts';
import { routesService } from './routes-service.ts';
import { domainRoutes } from './routes/domains.routes.ts';
import { routeRoutes } from './routes/routes.routes.ts';
import { Settings } from './settings.ts';
import { createSpread } from './spread.ts';

const catchUpMs = 5000;

export default definePlugin({
  settings: Settings,
  entities: [Name, Target],
  migrations: [init],
  setup(ctx) {
    const spread = createSpread(ctx);
    // What is not waited for is made up for by the catching up.
    const changed = (): void =>
      void spread.apply().catch((error: unknown) => ctx.log.debug({ error }, 'the route table waits for an ingress'));
    const names = createNames(ctx, changed);

    ctx.services.provide(Routes, routesService(ctx, names, spread));
    ctx.services.provide(
      Ingress,
      {
        apply: async (table) => ({ revision: await spread.applyThis(table) }),
        async inFlight({ replicas }) {
          const all = await spread.inFlight();
          return { inFlight: Object.fromEntries(replicas.map((replica) => [replica, all[replica] ?? 0])) };
        },
      },
      { id: 'ingress.builtin' },
    );

    ctx.hooks.tap(ServiceDescribe, async ({ services }) => {
      const urls = new Map<string, readonly string[]>();
      for (const organisation of new Set(services.map((service) => service.organisation))) {
        const own = services.filter((service) => service.organisation === organisation).map((service) => service.id);
        for (const [id, list] of Object.entries(await names.urls(own, ctx.principal(organisation)))) urls.set(id, list);
      }
      return {
        services: services.map((service) => ({ ...service, urls: [...service.urls, ...(urls.get(service.id) ?? [])] })),
      };
    });
    ctx.events.on(ServiceCreated, async ({ payload }) => {
      await names.ensure([payload.service], ctx.principal(payload.organisation));
    });
    ctx.events.on(ServiceDeleted, async ({ payload }) => {
      await ctx.store.for(ctx.principal(payload.organisation)).transaction(async (unit) => {
        await unit.em.nativeDelete(Name, { service: payload.service });
        await unit.em.nativeDelete(Target, { service: payload.service });
        await bumpRevision(unit);
      });
      changed();
    });

    routeRoutes(ctx);
    domainRoutes(ctx);
    ctx.agents.onConnect((node) => spread.applyAt(node));
    ctx.repeat('ingress nodes that missed a change', catchUpMs, () => spread.catchUp());
    ctx.settings.onChange(
      () =>
        void renumber(ctx).then(changed, (error: unknown) =>
          ctx.log.error({ error }, 'new settings could not be applied'),
        ),
    );
  },
});
