import type { PluginContext, UnitOfWork } from '@containr/sdk';
import { conflict, defineSchema, Empty, Id, invalid, notFound, reply } from '@containr/sdk';
import { FreezeDocument, OneOffWindow, ProjectChanged, WeeklyWindow } from '../contract.ts';
import { Freeze } from '../entities/freeze.entity.ts';
import { findEnvironment } from '../environments/show.ts';
import { showFreeze } from '../freezes/frozen.ts';
import type { Window } from '../freezes/window.ts';
import { etagOf, requireMatch } from '../preconditions.ts';
import { isTimeZone } from '../specs/cron-line.ts';
import { ById, Name } from './fields.ts';

/** Windows that one environment may have: each is looked at whenever something is deployed. */
const mostWindows = 50;

const List = defineSchema({
  type: 'object',
  properties: { items: { type: 'array', items: FreezeDocument } },
  required: ['items'],
  additionalProperties: false,
});

/** Freeze windows of environments: list, add, change, remove. */
export function freezeRoutes(ctx: PluginContext): void {
  ctx.http.route({
    method: 'GET',
    path: '/freezes',
    permission: 'project:read',
    summary: 'Freeze windows of an environment, and whether they are open now',
    query: { type: 'object', properties: { environment: Id }, required: ['environment'], additionalProperties: false },
    response: List,
    handler: async ({ query, principal }) =>
      ctx.store.for(principal).transaction(async ({ em }) => {
        const { id } = await findEnvironment(em, query.environment);
        const rows = await em.find(Freeze, { environment: id }, { orderBy: { createdAt: 'asc', id: 'asc' } });
        return { items: rows.map((row) => showFreeze(row, ctx.clock.now())) };
      }),
  });
  ctx.http.route({
    method: 'POST',
    path: '/freezes',
    permission: 'environment:write',
    summary: 'Adds a time in which nothing is deployed in an environment: weekly, or once',
    body: {
      type: 'object',
      properties: {
        environment: Id,
        name: Name,
        weekly: WeeklyWindow,
        once: OneOffWindow,
        rollback: { type: 'boolean', default: true },
      },
      required: ['environment', 'name', 'rollback'],
      additionalProperties: false,
    },
    response: FreezeDocument,
    status: 201,
    handler: async ({ body, principal }) => {
      const window = windowOf(body);
      return ctx.store.for(principal).transaction(async (unit) => {
        const { em } = unit;
        const environment = await findEnvironment(em, body.environment, true);
        if ((await em.count(Freeze, { environment: environment.id })) >= mostWindows)
          throw conflict(
            'CONFLICT_TOO_MANY_FREEZES',
            `${environment.name} has ${mostWindows} freeze windows already.`,
            'Remove those that are over first.',
          );
        const at = ctx.clock.now();
        const { organisation, project } = environment;
        const row = em.create(Freeze, {
          id: ctx.random.id(),
          organisation,
          project,
          environment: environment.id,
          name: body.name.trim(),
          ...window,
          rollback: body.rollback,
          createdBy: principal.name,
          createdAt: at,
          updatedAt: at,
        });
        await em.persist(row).flush();
        unit.emit(ProjectChanged, { project });
        return reply({
          status: 201,
          headers: { location: `/api/v1/freezes/${row.id}`, etag: etagOf(row) },
          body: showFreeze(row, at),
        });
      });
    },
  });
  ctx.http.route({
    method: 'PATCH',
    path: '/freezes/{id}',
    permission: 'environment:write',
    summary: 'Changes a freeze window; what waits for its end is looked at again',
    params: ById,
    body: {
      type: 'object',
      properties: { name: Name, weekly: WeeklyWindow, once: OneOffWindow, rollback: { type: 'boolean' } },
      additionalProperties: false,
    },
    response: FreezeDocument,
    handler: async ({ params, body, principal, headers }) =>
      ctx.store.for(principal).transaction(async (unit) => {
        const row = await findFreeze(unit, params.id);
        requireMatch(headers, row);
        if (body.weekly !== undefined || body.once !== undefined) {
          Object.assign(row, windowOf(body));
        }
        row.name = body.name?.trim() ?? row.name;
        row.rollback = body.rollback ?? row.rollback;
        row.updatedAt = ctx.clock.now();
        await unit.em.flush();
        unit.emit(ProjectChanged, { project: row.project });
        return reply({ headers: { etag: etagOf(row) }, body: showFreeze(row, ctx.clock.now()) });
      }),
  });
  ctx.http.route({
    method: 'DELETE',
    path: '/freezes/{id}',
    permission: 'environment:write',
    summary: 'Removes a freeze window; what waited for its end goes on',
    params: ById,
    response: Empty,
    handler: async ({ params, principal }) =>
      ctx.store.for(principal).transaction(async (unit) => {
        const row = await findFreeze(unit, params.id);
        await unit.em.nativeDelete(Freeze, { id: row.id });
        unit.emit(ProjectChanged, { project: row.project });
        return {};
      }),
  });
}

async function findFreeze(unit: UnitOfWork, id: string): Promise<Freeze> {
  const row = await unit.em.findOne(Freeze, { id });
  if (!row) throw notFound('freeze window');
  return row;
}

/** The one window that was given, its times in UTC. Throws `INVALID` for what is not exactly one that can be. */
function windowOf({ weekly = null, once = null }: Partial<Window>): Window {
  if ((weekly === null) === (once === null))
    throw invalid('A freeze window is either weekly or once.', [
      { path: weekly ? '/once' : '/weekly', message: weekly ? 'is set beside weekly' : 'is missing, and so is once' },
    ]);
  if (weekly && !isTimeZone(weekly.timeZone))
    throw invalid('There is no such time zone.', [{ path: '/weekly/timeZone', message: 'is not an IANA name' }]);
  if (once && Date.parse(once.until) <= Date.parse(once.from))
    throw invalid('The window ends before it begins.', [{ path: '/once/until', message: 'is not after from' }]);
  const utc = (time: string) => new Date(time).toISOString();
  return { weekly, once: once && { from: utc(once.from), until: utc(once.until) } };
}
