import type { PluginContext } from '@containr/sdk';
import { defineSchema, Empty, OptionalTimestamp, pageOf, reply } from '@containr/sdk';
import type { Keys } from './keys.ts';

const KeyPage = defineSchema(
  pageOf({
    type: 'object',
    properties: {
      id: { type: 'string' },
      /** Whether it seals; the others only open. */
      current: { type: 'boolean' },
      madeAt: OptionalTimestamp,
      /** What still needs an older key: columns with their rows. */
      sealed: {
        type: 'array',
        items: {
          type: 'object',
          properties: { place: { type: 'string' }, count: { type: 'integer' } },
          required: ['place', 'count'],
          additionalProperties: false,
        },
      },
    },
    required: ['id', 'current', 'madeAt', 'sealed'],
    additionalProperties: false,
  }),
);
const KeyPath = defineSchema({
  type: 'object',
  properties: { id: { type: 'string', pattern: '^[0-9a-f]{8}$' } },
  required: ['id'],
  additionalProperties: false,
});

/** Registers `/keys`. */
export function registerKeyRoutes(
  http: Pick<PluginContext['http'], 'route'>,
  keys: Pick<Keys, 'list' | 'rotate' | 'retire'>,
): void {
  async function show() {
    const items = (await keys.list()).map((key) => ({
      ...key,
      madeAt: key.madeAt?.toISOString() ?? null,
      sealed: key.sealed.map((one) => ({ ...one })),
    }));
    return { items, nextCursor: null };
  }

  http.route({
    method: 'GET',
    path: '/keys',
    permission: 'key:manage',
    summary: 'Keys that seal what is stored, and what still needs the older ones',
    response: KeyPage,
    handler: show,
  });
  http.route({
    method: 'POST',
    path: '/keys/rotate',
    permission: 'key:manage',
    summary: 'Makes a new key; what the older ones sealed is wrapped anew in the background',
    body: Empty,
    response: KeyPage,
    status: 202,
    handler: async () => {
      await keys.rotate();
      return reply({ status: 202, headers: { location: '/api/v1/keys' }, body: await show() });
    },
  });
  http.route({
    method: 'POST',
    path: '/keys/{id}/retire',
    permission: 'key:manage',
    summary: 'Deletes an older key that nothing needs any more',
    params: KeyPath,
    body: Empty,
    response: KeyPage,
    handler: async ({ params }) => {
      await keys.retire(params.id);
      return show();
    },
  });
}
