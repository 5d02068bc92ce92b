import type { Infer } from '../schema.ts';
import { defineSchema } from '../schema.ts';

/** What `GET /api/v1/ui` answers: the browser halves of the plugins that are on. Addresses change with their content. */
export const UiList = defineSchema({
  type: 'object',
  properties: {
    plugins: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          displayName: { type: 'string' },
          version: { type: 'string' },
          /** Absolute path of the ES module. */
          module: { type: 'string' },
          /** Absolute paths of its style sheets. */
          styles: { type: 'array', items: { type: 'string' } },
          /** Only of a plugin that is not trusted: its module runs in sandboxed frames and nowhere else. */
          framed: {
            type: 'object',
            properties: {
              /** Absolute path of the document that a frame shows. */
              document: { type: 'string' },
              /** First segments of the API paths that a frame may call. */
              segments: { type: 'array', items: { type: 'string' } },
              /** The permissions that the plugin brings; a frame is told of no other. */
              permissions: { type: 'array', items: { type: 'string' } },
              /** Events that a frame may hear: the plugin's own, and what an admin granted. */
              events: { type: 'array', items: { type: 'string' } },
            },
            required: ['document', 'segments', 'permissions', 'events'],
            additionalProperties: false,
          },
        },
        required: ['name', 'displayName', 'version', 'module', 'styles'],
        additionalProperties: false,
      },
    },
  },
  required: ['plugins'],
  additionalProperties: false,
});
export type UiList = Infer<typeof UiList>;
