import { definePlugin, defineSchema, Id } from '@containr/sdk';
import { EngineLook } from './engine-look.ts';

const Nodes = defineSchema({
  type: 'object',
  properties: {
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          node: Id,
          name: { type: 'string' },
          version: { anyOf: [{ type: 'string' }, { type: 'null' }] },
          /** Why HAProxy can't be used there; `null` when it can. */
          reason: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
        required: ['node', 'name', 'version', 'reason'],
        additionalProperties: false,
      },
    },
  },
  required: ['items'],
  additionalProperties: false,
});

export default definePlugin({
  setup(ctx) {
    ctx.http.route({
      method: 'GET',
      path: '/haproxy',
      permission: 'node:read',
      summary: 'Nodes with the HAProxy that each has, or why it has none that can be used',
      response: Nodes,
      handler: async ({ signal }) => ({
        items: await Promise.all(
          (await ctx.agents.nodes()).map(async ({ id, name }) => ({
            node: id,
            name,
            ...(await ctx.agents.call(id, EngineLook, {}, { signal }).catch((error: unknown) => ({
              version: null,
              reason: `The node can't be asked: ${error instanceof Error ? error.message : String(error)}`,
            }))),
          })),
        ),
      }),
    });
  },
});
