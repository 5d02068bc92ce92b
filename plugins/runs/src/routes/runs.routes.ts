import { conflict, defineSchema, Id, listQuery, notFound, pageOf, reply } from '@containr/sdk';
import { Command } from '@containr/sdk/contracts';
import { keyset } from '@containr/sdk/host';
import { RunDocument, runStatuses, ScheduleDocument } from '../contract.ts';
import { requestCancel } from '../engine/cancel.ts';
import { createRun } from '../engine/create.ts';
import type { Runs } from '../engine/runs.ts';
import { actor, storeOf } from '../engine/runs.ts';
import { Run } from '../entities/run.entity.ts';
import { Schedule } from '../entities/schedule.entity.ts';
import { attach } from './attach.ts';
import { organisationOf } from './caller.ts';
import { documentOf } from './document.ts';

const ById = defineSchema({ type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false });
const RunPage = defineSchema(pageOf(RunDocument));
const SchedulePage = defineSchema(pageOf(ScheduleDocument));

/** Runs: list, start, read, follow, cancel; and schedules. */
export function runRoutes(runs: Runs): void {
  const { ctx } = runs;
  ctx.http.route({
    method: 'GET',
    path: '/runs',
    permission: 'run:read',
    summary: 'Runs, newest first',
    query: {
      type: 'object',
      properties: { ...listQuery, service: Id, status: { type: 'string', enum: runStatuses } },
      additionalProperties: false,
    },
    response: RunPage,
    handler: async ({ query, principal }) => {
      const keys = keyset<Run>(query, { createdAt: 'time' }, '-createdAt');
      const of = {
        ...(query.service === undefined ? {} : { service: query.service }),
        ...(query.status === undefined ? {} : { status: query.status }),
      };
      const rows = await ctx.store
        .for(principal)
        .transaction(({ em }) =>
          em.find(Run, { $and: [of, keys.where] }, { orderBy: [...keys.orderBy], limit: keys.limit }),
        );
      return keys.page(rows, documentOf);
    },
  });
  ctx.http.route({
    method: 'POST',
    path: '/runs',
    permission: 'run:create',
    summary: 'Runs a command in what serves, with its variables; without a command, its start command',
    body: {
      type: 'object',
      properties: {
        service: Id,
        command: Command,
        timeoutMs: { type: 'integer', minimum: 1000, maximum: 86_400_000 },
        /** Ends with the connection that follows it (`GET /runs/attach`), which has to come within 30 s. */
        attached: { type: 'boolean', default: false },
      },
      required: ['service'],
      additionalProperties: false,
    },
    response: RunDocument,
    status: 201,
    handler: async ({ body, principal }) => {
      const organisation = organisationOf(principal);
      const caller = actor(runs, organisation);
      const [path] = (await runs.projects.paths({ services: [body.service] }, caller)).paths;
      if (!path) throw notFound('service');
      const { deployment } = await runs.deployments.live({ service: body.service }, caller);
      if (!deployment)
        throw conflict(
          'CONFLICT_NOTHING_LIVE',
          'Nothing of this service is live, so there is nothing to run it in.',
          'Deploy the service first.',
        );
      const { spec } = await runs.projects.spec({ service: body.service, revision: deployment.revision }, caller);
      const run = await ctx.store.for(principal).transaction((unit) =>
        createRun(runs, unit, {
          organisation,
          project: path.project,
          environment: path.environment,
          service: body.service,
          trigger: 'person',
          command: body.command ?? null,
          timeoutMs: body.timeoutMs ?? spec.cron.timeoutMs,
          attached: body.attached ?? false,
          createdBy: principal.name,
          scheduledFor: null,
          overlap: spec.cron.overlap,
        }),
      );
      return reply({ status: 201, headers: { location: `/api/v1/runs/${run.id}` }, body: documentOf(run) });
    },
  });
  ctx.http.route({
    method: 'GET',
    path: '/runs/{id}',
    permission: 'run:read',
    summary: 'One run',
    params: ById,
    response: RunDocument,
    handler: async ({ params, principal }) => documentOf(await one(runs, organisationOf(principal), params.id)),
  });
  ctx.http.route({
    method: 'POST',
    path: '/runs/{id}/cancel',
    permission: 'run:create',
    summary: 'Ends a run',
    params: ById,
    response: RunDocument,
    status: 202,
    handler: async ({ params, principal }) => {
      const organisation = organisationOf(principal);
      const run = await one(runs, organisation, params.id);
      const reason = `It was cancelled by ${principal.name}.`;
      if (!(await requestCancel(runs, organisation, run.id, reason)))
        throw conflict('CONFLICT_RUN_ENDED', `The run has ended: ${run.status}.`, 'Start a new one.');
      return documentOf(await one(runs, organisation, run.id));
    },
  });
  ctx.http.events({
    path: '/runs/attach',
    permission: 'run:create',
    summary: 'Follows a run to its end; a run that belongs to its connection ends with it',
    query: { type: 'object', properties: { run: Id }, required: ['run'], additionalProperties: false },
    open: async ({ query, principal, signal }) => {
      const organisation = organisationOf(principal);
      const run = await one(runs, organisation, query.run);
      return attach(runs, organisation, run.id, AbortSignal.any([signal, ctx.signal]));
    },
  });
  ctx.http.route({
    method: 'GET',
    path: '/schedules',
    permission: 'run:read',
    summary: 'When services run next',
    query: {
      type: 'object',
      properties: { ...listQuery, service: Id },
      additionalProperties: false,
    },
    response: SchedulePage,
    handler: async ({ query, principal }) => {
      const keys = keyset<Schedule>(query, { nextAt: 'time' }, 'nextAt');
      const of = query.service === undefined ? {} : { service: query.service };
      const rows = await ctx.store
        .for(principal)
        .transaction(({ em }) =>
          em.find(Schedule, { $and: [of, keys.where] }, { orderBy: [...keys.orderBy], limit: keys.limit }),
        );
      return keys.page(rows, ({ service, schedule, timeZone, overlap, nextAt }) => ({
        service,
        schedule,
        timeZone,
        overlap,
        nextAt: nextAt?.toISOString() ?? null,
      }));
    },
  });
}

async function one(runs: Runs, organisation: string, id: string): Promise<Run> {
  const run = await storeOf(runs, organisation).transaction((unit) => unit.em.findOne(Run, { id, organisation }));
  if (!run) throw notFound('run');
  return run;
}
