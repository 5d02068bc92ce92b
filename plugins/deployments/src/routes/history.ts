import { Readable } from 'node:stream';
import type { Infer } from '@containr/sdk';
import { defineSchema, Id, invalid, Timestamp } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { Statistics } from '../history/documents.ts';
import { exportDeployments } from '../history/export.ts';
import { statisticsOf } from '../history/statistics.ts';
import type { Road } from '../engine/road.ts';
import { inMs, now } from '../engine/road.ts';
import { organisationOf } from './caller.ts';

const Of = { service: Id, project: Id, environment: Id, since: Timestamp, until: Timestamp } as const;
const StatisticsQuery = defineSchema({
  type: 'object',
  properties: { ...Of, by: { type: 'string', enum: ['service', 'user'], default: 'service' } },
  required: ['by'],
  additionalProperties: false,
});
const ExportQuery = defineSchema({
  type: 'object',
  properties: { ...Of, format: { type: 'string', enum: ['csv', 'ndjson'] } },
  additionalProperties: false,
});
type ExportQuery = Infer<typeof ExportQuery>;

const usualMs = 30 * 86_400_000;
const longestMs = 366 * 86_400_000;

/** How deployments went, and all of them as a file. */
export function historyRoutes(road: Road): void {
  const { ctx } = road;
  ctx.http.route<true, typeof StatisticsQuery, true, typeof Statistics>({
    method: 'GET',
    path: '/deployments/statistics',
    permission: 'deployment:read',
    summary:
      'Success rate and durations (median, 95th percentile) per phase, service or user; the last 30 days unless told',
    query: StatisticsQuery,
    response: Statistics,
    async handler({ query, principal }) {
      const until = query.until === undefined ? now(road) : new Date(query.until);
      const since = query.since === undefined ? new Date(until.getTime() - usualMs) : new Date(query.since);
      if (!(since < until) || until.getTime() - since.getTime() > longestMs)
        throw invalid('The time must begin before it ends, and last a year at most.', [
          { path: '/since', message: 'is not before until, or too long before it' },
        ]);
      return statisticsOf(road, {
        organisation: organisationOf(principal),
        since,
        until,
        by: query.by,
        service: query.service ?? null,
        project: query.project ?? null,
        environment: query.environment ?? null,
      });
    },
  });
  ctx.http.raw({
    methods: ['GET'],
    path: '/deployments/export',
    permission: 'deployment:read',
    summary:
      'All deployments as CSV or as one JSON document a line, oldest first (`format`, `service`, `project`, `environment`, `since`, `until`)',
    accepts: ['*'],
    maxBytes: 0,
    async handler(request, { principal, signal }) {
      const organisation = organisationOf(principal);
      const given = Object.fromEntries(new URL(request.url).searchParams);
      const asked = validate<ExportQuery>(ExportQuery, given, 'The query');
      const format = asked.format ?? 'ndjson';
      const { service, project, environment, since = null, until = inMs(road, 0) } = asked;
      const where = {
        ...(service === undefined ? {} : { service }),
        ...(project === undefined ? {} : { project }),
        ...(environment === undefined ? {} : { environment }),
        createdAt: { ...(since === null ? {} : { $gte: new Date(since) }), $lt: new Date(until) },
      };
      const lines = exportDeployments(road, { organisation, format, where }, signal);
      const body = Readable.toWeb(Readable.from(encoded(lines), { objectMode: false })) as ReadableStream<Uint8Array>;
      return new Response(body, {
        headers: {
          'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8',
          'content-disposition': `attachment; filename="deployments.${format}"`,
        },
      });
    },
  });
}

async function* encoded(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const text of lines) yield encoder.encode(text);
}
