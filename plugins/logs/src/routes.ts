import type { PluginContext } from '@containr/sdk';
import { defineSchema, Id, Timestamp } from '@containr/sdk';
import type { LogQuery } from './contract.ts';
import { LogLine } from './contract.ts';
import type { LogService } from './log-service.ts';
import { organisationOf } from './log-service.ts';
import { followLines } from './follow.ts';

const filter = {
  service: Id,
  deployment: Id,
  phase: { type: 'string', maxLength: 40 },
  source: { type: 'string', maxLength: 200 },
  search: { type: 'string', maxLength: 200 },
  since: Timestamp,
  until: Timestamp,
  cursor: { type: 'string', maxLength: 40 },
} as const;

const ListQuery = defineSchema({
  type: 'object',
  properties: {
    ...filter,
    limit: { type: 'integer', minimum: 1, maximum: 1000, default: 200 },
    /** The newest lines instead of the first ones. */
    tail: { type: 'boolean', default: false },
  },
  additionalProperties: false,
});

const LogPage = defineSchema({
  type: 'object',
  properties: {
    items: { type: 'array', items: LogLine },
    nextCursor: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  },
  required: ['items', 'nextCursor'],
  additionalProperties: false,
});

const StreamQuery = defineSchema({ type: 'object', properties: filter, additionalProperties: false });

type Filter = { readonly [K in keyof typeof filter]?: string };

function queryOf(given: Filter): Omit<LogQuery, 'limit' | 'waitMs'> {
  return {
    service: given.service ?? null,
    deployment: given.deployment ?? null,
    phase: given.phase ?? null,
    after: given.cursor ?? null,
    search: given.search ?? null,
    since: given.since ?? null,
    until: given.until ?? null,
    ...(given.source === undefined ? {} : { source: given.source }),
  };
}

/** `GET /logs` and `GET /logs/stream`. */
export function logRoutes(ctx: PluginContext, service: LogService): void {
  ctx.http.route<true, typeof ListQuery, true, typeof LogPage>({
    method: 'GET',
    path: '/logs',
    permission: 'log:read',
    summary: 'Lists log lines, oldest first',
    query: ListQuery,
    response: LogPage,
    async handler({ query, principal, signal }) {
      const limit = query.limit ?? 200;
      const items = await service.read(
        { ...queryOf(query), limit, tail: query.tail ?? false, waitMs: 0 },
        principal,
        signal,
      );
      return { items: [...items], nextCursor: items.length === limit ? (items.at(-1)?.cursor ?? null) : null };
    },
  });
  ctx.http.events({
    path: '/logs/stream',
    permission: 'log:read',
    summary: 'Follows log lines; resumes after the cursor in Last-Event-ID',
    query: StreamQuery,
    async open({ query, principal, signal, lastEventId }) {
      const from = { ...queryOf(query), after: lastEventId ?? query.cursor ?? null };
      organisationOf(principal);
      // A wrong filter becomes a problem document instead of a broken stream.
      await service.read({ ...from, limit: 1, waitMs: 0 }, principal, signal);
      return followLines(ctx, service, from, principal, AbortSignal.any([signal, ctx.signal]));
    },
  });
}
