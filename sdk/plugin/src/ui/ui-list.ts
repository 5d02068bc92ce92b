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
