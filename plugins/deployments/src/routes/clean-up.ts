import { defineSchema, Empty, Id, listQuery, notFound, pageOf, reply } from '@containr/sdk';
import { keyset } from '@containr/sdk/host';
import { CleanUpDocument, CleanUpPreview, RemovalDocument } from '../clean-up/documents.ts';
import { everything } from '../clean-up/plan.ts';
import { previewCleanUp } from '../clean-up/preview.ts';
import { RunCleanUp } from '../clean-up/run.ts';
import { CleanUp } from '../entities/clean-up.ts';
import { Removal } from '../entities/removal.ts';
import type { Road } from '../engine/road.ts';
import { now, storeOf } from '../engine/road.ts';
import { organisationOf } from './caller.ts';

const Params = defineSchema({ type: 'object', properties: { id: Id }, required: ['id'], additionalProperties: false });
const { limit, cursor } = listQuery;
const Query = defineSchema({ type: 'object', properties: { limit, cursor }, additionalProperties: false });

/** What clean-ups would remove, removed, and the button to begin one. */
export function cleanUpRoutes(road: Road): void {
  const { ctx } = road;
  ctx.http.route({
    method: 'GET',
    path: '/clean-up',
    permission: 'deployment:read',
    summary: 'What a clean-up would remove now, what it keeps and why, and how full the places are; changes nothing',
    query: Empty,
    response: CleanUpPreview,
    handler: ({ principal }) => previewCleanUp(road, organisationOf(principal)),
  });
  ctx.http.route({
    method: 'POST',
    path: '/clean-up',
    permission: 'clean-up:run',
    summary: 'Begins a clean-up of the install; it also runs every hour',
    response: CleanUpDocument,
    status: 202,
    async handler({ principal }) {
      const run = { id: ctx.random.id(), by: principal.name, startedAt: now(road), endedAt: null, problem: null };
      const row = await everything(road).transaction(async (unit) => {
        const made = unit.em.create(CleanUp, { ...run, removed: 0, freedBytes: 0 }, { persist: true });
        await unit.em.flush();
        await unit.enqueue(RunCleanUp, { run: run.id }, { queue: 'clean-up' });
        return made;
      });
      return reply({
        status: 202,
        headers: { location: `/api/v1/clean-up/runs/${row.id}` },
        body: documentOf(row),
      });
    },
  });
  ctx.http.route({
    method: 'GET',
    path: '/clean-up/runs/{id}',
    permission: 'deployment:read',
    summary: 'One clean-up: how much it removed of all organisations',
    params: Params,
    response: CleanUpDocument,
    async handler({ params }) {
      const row = await everything(road).transaction((unit) => unit.em.findOne(CleanUp, { id: params.id }));
      if (!row) throw notFound('clean-up');
      return documentOf(row);
    },
  });
  ctx.http.route({
    method: 'GET',
    path: '/clean-up/removals',
    permission: 'deployment:read',
    summary: 'What clean-ups removed of the organisation, newest first',
    query: Query,
    response: defineSchema(pageOf(RemovalDocument)),
    async handler({ query, principal }) {
      const keys = keyset<Removal>(query, { at: 'time' }, '-at');
      const organisation = organisationOf(principal);
      const rows = await storeOf(road, organisation).transaction((unit) =>
        unit.em.find(
          Removal,
          { $and: [{ organisation }, keys.where] },
          { orderBy: [...keys.orderBy], limit: keys.limit },
        ),
      );
      return keys.page(rows, removalOf);
    },
  });
}

function documentOf(row: CleanUp): CleanUpDocument {
  const { id, by, startedAt, endedAt, removed, freedBytes, problem } = row;
  return {
    id,
    by,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    removed,
    freedBytes,
    problem,
  };
}

function removalOf(row: Removal): RemovalDocument {
  const { id, run, kind, name, service, deployment, node, sizeBytes, reason, problem } = row;
  return {
    id,
    run,
    kind,
    name,
    service,
    deployment,
    node,
    sizeBytes,
    reason,
    problem,
    at: row.at.toISOString(),
    freedAt: row.freedAt?.toISOString() ?? null,
  };
}
