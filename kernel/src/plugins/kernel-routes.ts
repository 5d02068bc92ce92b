import type { PluginContext } from '@containr/sdk';
import { defineSchema, listQuery, OptionalTimestamp, pageOf, Timestamp } from '@containr/sdk';
import { UiList } from '@containr/sdk/ui';
import type { Events } from '@containr/data';
import { httpErrors } from '@containr/http';
import type { Jobs } from '@containr/data';

const nullableText = { anyOf: [{ type: 'string' }, { type: 'null' }] } as const;
const JobDocument = defineSchema({
  type: 'object',
  properties: {
    id: { type: 'string' },
    plugin: { type: 'string' },
    name: { type: 'string' },
    state: { type: 'string' },
    attempts: { type: 'integer' },
    maxAttempts: { type: 'integer' },
    runAt: OptionalTimestamp,
    createdAt: Timestamp,
    lastError: nullableText,
  },
  required: ['id', 'plugin', 'name', 'state', 'attempts', 'maxAttempts', 'runAt', 'createdAt', 'lastError'],
  additionalProperties: false,
});
const Topics = defineSchema({
  type: 'object',
  properties: { topics: { type: 'string', maxLength: 4000, default: '' } },
  additionalProperties: false,
});

/** Registers `/events`, `/jobs`, `/ui` and `/openapi.json`. */
export function registerKernelRoutes(
  http: PluginContext['http'],
  use: { events: Pick<Events, 'stream'>; jobs: Pick<Jobs, 'list'>; ui(): UiList; openApi(): unknown },
): void {
  http.events({
    path: '/events',
    // Each event has a permission of its own; who may see none of them gets an empty stream.
    public: true,
    summary: 'What changes, as it happens; one stream a client',
    query: Topics,
    open: ({ query, principal, lastEventId, signal }) => {
      if (principal.kind === 'anonymous')
        throw httpErrors.UNAUTHENTICATED('The event stream needs you to be signed in.');
      return use.events.stream({
        principal,
        topics: query.topics.split(',').filter((topic) => topic !== ''),
        lastEventId,
        signal,
      });
    },
  });
  http.route({
    method: 'GET',
    path: '/jobs',
    permission: 'plugin:manage',
    summary: 'Background work, newest first',
    query: { type: 'object', properties: listQuery, additionalProperties: false },
    response: pageOf(JobDocument),
    handler: async ({ query }) => {
      const jobs = await use.jobs.list(query.limit);
      const wanted = (query.search ?? '').toLowerCase();
      return {
        items: jobs
          .filter((job) => `${job.plugin}:${job.name}`.toLowerCase().includes(wanted))
          .map((job) => ({ ...job })),
        nextCursor: null,
      };
    },
  });
  http.route({
    method: 'GET',
    path: '/ui',
    public: true,
    summary: 'Browser halves of the plugins that are on',
    response: UiList,
    handler: async () => use.ui(),
  });
  http.route({
    method: 'GET',
    path: '/openapi.json',
    public: true,
    summary: 'This API as OpenAPI 3.1',
    response: true,
    handler: async () => use.openApi(),
  });
}
