import type { PluginContext } from '@containr/sdk';
import { defineSchema, Empty, Id, listQuery, notFound, reply } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { applyChanges } from '../changes/apply.ts';
import { RollOut, rollOut, rollOutAfterMs, rollOutInput } from '../changes/roll-out.ts';
import { showChanges } from '../changes/show.ts';
import { stage } from '../changes/stage.ts';
import { requireFor, requirePermission, WantedChange } from '../changes/wanted.ts';
import { ChangeDocument, ChangesChanged, RevisedService, RolloutOutcome } from '../contract.ts';
import { Change } from '../entities/change.entity.ts';
import { Environment } from '../entities/environment.entity.ts';
import { ById } from './fields.ts';

const ChangePage = defineSchema({
  type: 'object',
  properties: {
    items: { type: 'array', items: ChangeDocument },
    nextCursor: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    /** All that is staged in the environment. */
    total: { type: 'integer' },
  },
  required: ['items', 'nextCursor', 'total'],
  additionalProperties: false,
});
const Staged = defineSchema({
  type: 'object',
  properties: { items: { type: 'array', items: ChangeDocument }, total: { type: 'integer' } },
  required: ['items', 'total'],
  additionalProperties: false,
});
const Application = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    /** Changes that were applied. */
    count: { type: 'integer' },
    revised: {
      type: 'array',
      items: RevisedService,
    },
    deployments: { type: 'array', items: RolloutOutcome },
  },
  required: ['id', 'count', 'revised', 'deployments'],
  additionalProperties: false,
});
const wantedList = { type: 'array', items: WantedChange, minItems: 1, maxItems: 1000 } as const;
const shownAtOnce = 200;

/** Staged changes: collect them in an environment, look at the difference, apply them together or drop them. */
export function changeRoutes(ctx: PluginContext): void {
  ctx.jobs.handle(RollOut, async ({ input }) => {
    await rollOut(ctx, input);
  });
  ctx.http.route({
    method: 'GET',
    path: '/changes',
    permission: 'service:read',
    summary: 'What is staged in an environment, and what it would change',
    query: {
      type: 'object',
      properties: { ...listQuery, environment: Id },
      required: ['environment'],
      additionalProperties: false,
    },
    response: ChangePage,
    handler: async ({ query, principal }) => {
      const keys = keyset<Change>(query, { createdAt: 'time' }, 'createdAt');
      return ctx.store.for(principal).transaction(async ({ em }) => {
        const of = { environment: query.environment };
        if ((await em.count(Environment, { id: query.environment })) === 0) throw notFound('environment');
        const rows = await em.find(
          Change,
          { $and: [of, keys.where] },
          { orderBy: [...keys.orderBy], limit: keys.limit },
        );
        const page = keys.page(rows, (row) => row);
        const items = await showChanges(em, principal, page.items);
        return { items, nextCursor: page.nextCursor, total: await em.count(Change, of) };
      });
    },
  });
  ctx.http.route({
    method: 'POST',
    path: '/changes',
    permission: 'service:read',
    summary: 'Stages changes of variables and specs; needs variable:write and service:write for them',
    body: {
      type: 'object',
      properties: { environment: Id, changes: wantedList },
      required: ['environment', 'changes'],
      additionalProperties: false,
    },
    response: Staged,
    status: 201,
    handler: async ({ body, principal }) =>
      ctx.store.for(principal).transaction(async (unit) => {
        const staged = await stage(ctx, unit, principal, body.environment, body.changes);
        const environment = await unit.em.findOneOrFail(Environment, { id: body.environment });
        unit.emit(ChangesChanged, { project: environment.project, environment: environment.id });
        return reply({
          status: 201,
          headers: { location: `/api/v1/changes?environment=${body.environment}` },
          body: {
            items: await showChanges(unit.em, principal, staged.slice(0, shownAtOnce)),
            total: await unit.em.count(Change, { environment: body.environment }),
          },
        });
      }),
  });
  ctx.http.route({
    method: 'POST',
    path: '/changes/apply',
    permission: 'service:read',
    summary:
      'Applies staged changes, some of them, or given ones at once, and deploys what they reach in reference order',
    body: {
      type: 'object',
      properties: {
        environment: Id,
        ids: { type: 'array', items: Id, minItems: 1, maxItems: 1000 },
        changes: wantedList,
        deploy: { type: 'boolean', default: true },
        overwrite: { type: 'boolean', default: false },
      },
      required: ['environment', 'deploy', 'overwrite'],
      additionalProperties: false,
    },
    response: Application,
    handler: async ({ body, principal }) => {
      if (body.deploy) requirePermission(principal, 'deployment:create');
      const application = ctx.random.id();
      const applied = await ctx.store.for(principal).transaction(async (unit) => {
        const done = await applyChanges(ctx, unit, principal, body);
        const organisation = (await unit.em.findOneOrFail(Environment, { id: body.environment })).organisation;
        const order = { organisation, application, by: principal.name, services: done.revised };
        if (body.deploy && done.revised.length > 0)
          await unit.enqueue(
            RollOut,
            { organisation, ...rollOutInput(order) },
            { key: application, runAt: new Date(ctx.clock.now().getTime() + rollOutAfterMs) },
          );
        return { ...done, order };
      });
      return {
        id: application,
        count: applied.count,
        revised: applied.revised.map((one) => ({ ...one, after: [...one.after] })),
        deployments: body.deploy ? await rollOut(ctx, applied.order) : [],
      };
    },
  });
  ctx.http.route({
    method: 'DELETE',
    path: '/changes',
    permission: 'service:read',
    summary: 'Drops all that is staged in an environment',
    query: {
      type: 'object',
      properties: { environment: Id },
      required: ['environment'],
      additionalProperties: false,
    },
    response: Empty,
    handler: async ({ query, principal }) =>
      ctx.store.for(principal).transaction(async (unit) => {
        const environment = await unit.em.findOne(Environment, { id: query.environment });
        if (!environment) throw notFound('environment');
        const rows = await unit.em.find(Change, { environment: environment.id }, { fields: ['id', 'target'] });
        requireFor(
          principal,
          rows.map((row) => row.target),
        );
        await unit.em.nativeDelete(Change, { id: { $in: rows.map((row) => row.id) } });
        unit.emit(ChangesChanged, { project: environment.project, environment: environment.id });
        return {};
      }),
  });
  ctx.http.route({
    method: 'DELETE',
    path: '/changes/{id}',
    permission: 'service:read',
    summary: 'Drops one staged change',
    params: ById,
    response: Empty,
    handler: async ({ params, principal }) =>
      ctx.store.for(principal).transaction(async (unit) => {
        const row = await unit.em.findOne(Change, { id: params.id });
        if (!row) throw notFound('staged change');
        requireFor(principal, [row.target]);
        await unit.em.nativeDelete(Change, { id: row.id });
        unit.emit(ChangesChanged, { project: row.project, environment: row.environment });
        return {};
      }),
  });
}
