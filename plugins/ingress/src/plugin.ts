import { definePlugin } from '@containr/sdk';
import { Ingress } from '@containr/sdk/contracts';
import { DeletionDescribe, ServiceCreated, ServiceDeleted, ServiceDescribe } from '@containr/plugin-projects/contract';
import { issueDue } from './certificates/issue.ts';
import { DomainChanged, Routes } from './contract.ts';
import { checkDue } from './domains/check-loop.ts';
import { wantCertificates } from './domains/claims.ts';
import { forgetDomains } from './domains/forget.ts';
import { customUrls } from './domains/urls.ts';
import { AcmeAccount } from './entities/acme-account.entity.ts';
import { Certificate } from './entities/certificate.entity.ts';
import { Challenge } from './entities/challenge.entity.ts';
import { Domain } from './entities/domain.entity.ts';
import { Host } from './entities/host.entity.ts';
import { Name } from './entities/name.entity.ts';
import { Target } from './entities/target.entity.ts';
import { init } from './migrations/0001-init.ts';
import { domains } from './migrations/0002-domains.ts';
import { balance } from './migrations/0003-balance.ts';
import { holds } from './migrations/0004-holds.ts';
import { describeGoing } from './domains/deletion.ts';
import { createNames } from './names.ts';
import { bumpRevision } from './revision.ts';
import { renumber } from './route-table.ts';
import { routesService } from './routes-service.ts';
import { certificateRoutes } from './routes/certificates.routes.ts';
import { domainRoutes } from './routes/domains.routes.ts';
import { routeRoutes } from './routes/routes.routes.ts';
import { Settings } from './settings.ts';
import { createSpread } from './spread.ts';

const catchUpMs = 5000;
const dueMs = 3000;

export default definePlugin({
  settings: Settings,
  entities: [Name, Target, Host, Domain, Certificate, Challenge, AcmeAccount],
  migrations: [init, domains, balance, holds],
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
        certify: async (set) => ({ revision: await spread.certifyThis(set) }),
        counts: async () => ({ ingresses: await spread.counts() }),
        async inFlight({ replicas }) {
          const all = await spread.inFlight();
          return { inFlight: Object.fromEntries(replicas.map((replica) => [replica, all[replica] ?? 0])) };
        },
      },
      { id: 'ingress' },
    );

    ctx.hooks.tap(DeletionDescribe, async (of) => ({
      ...of,
      goes: [...of.goes, ...(await describeGoing(ctx, of))],
    }));
    ctx.hooks.tap(ServiceDescribe, async ({ services }) => {
      const urls = new Map<string, readonly string[]>();
      for (const organisation of new Set(services.map((service) => service.organisation))) {
        const own = services.filter((service) => service.organisation === organisation).map((service) => service.id);
        const principal = ctx.principal(organisation);
        const custom = await customUrls(ctx, own, principal);
        for (const [id, list] of Object.entries(await names.urls(own, principal)))
          urls.set(id, [...(custom.get(id) ?? []), ...list]);
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
        await forgetDomains(unit, payload.service);
        await bumpRevision(unit);
      });
      changed();
    });
    ctx.events.define(DomainChanged);

    routeRoutes(ctx);
    domainRoutes(ctx, changed);
    certificateRoutes(ctx, changed);
    ctx.repeat('domains that are to be checked', dueMs, async (signal) => {
      if (await checkDue(ctx, signal)) changed();
    });
    ctx.repeat('certificates that are due', dueMs, async (signal) => {
      await issueDue(ctx, spread, signal);
    });
    ctx.agents.onConnect((node) => spread.applyAt(node));
    ctx.repeat('ingress nodes that missed a change', catchUpMs, () => spread.catchUp());
    ctx.settings.onChange(
      () =>
        void wantCertificates(ctx)
          .then(() => renumber(ctx))
          .then(changed, (error: unknown) => ctx.log.error({ error }, 'new settings could not be applied')),
    );
  },
});
