import type { UnitOfWork } from '@containr/sdk';
import { definePlugin } from '@containr/sdk';
import { CupCount, CupHad, CupList } from './contract.ts';
import { Cup, CupEntity, init } from './cup.ts';

/** Counts cups of coffee on the overview. */
export default definePlugin({
  entities: [CupEntity],
  migrations: [init],
  setup(ctx) {
    const count = async ({ em }: UnitOfWork): Promise<CupCount> => {
      const now = ctx.clock.now();
      const today = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
      return { cups: await em.count(Cup, { hadAt: { $gte: today } }), asOf: now.toISOString() };
    };
    ctx.events.define(CupHad);
    ctx.http.route({
      method: 'GET',
      path: '/coffee',
      permission: 'coffee:read',
      summary: 'Cups of today',
      response: CupCount,
      handler: ({ principal }) => ctx.store.for(principal).transaction(count),
    });
    ctx.http.route({
      method: 'GET',
      path: '/coffee/cups',
      permission: 'coffee:read',
      summary: 'The latest cups, newest first',
      response: CupList,
      handler: ({ principal }) =>
        ctx.store.for(principal).transaction(async ({ em }) => {
          const cups = await em.find(Cup, {}, { orderBy: { hadAt: 'desc' }, limit: 20 });
          return { items: cups.map(({ id, hadAt }) => ({ id, hadAt: hadAt.toISOString() })) };
        }),
    });
    ctx.http.route({
      method: 'POST',
      path: '/coffee',
      permission: 'coffee:write',
      summary: 'Counts a cup',
      response: CupCount,
      status: 201,
      handler: ({ principal }) =>
        ctx.store.for(principal).transaction(async (unit) => {
          unit.em.create(Cup, {
            id: ctx.random.id(),
            organisation: principal.organisation ?? '',
            hadAt: ctx.clock.now(),
          });
          await unit.em.flush();
          const counted = await count(unit);
          unit.emit(CupHad, counted);
          return counted;
        }),
    });
  },
});
