import type { Infer } from './schema.ts';
import { defineSchema } from './schema.ts';

/** The `containr` key of a plugin's package.json: what can be known without running code. */
export const Manifest = defineSchema({
  type: 'object',
  properties: {
    displayName: { type: 'string', minLength: 1, maxLength: 60 },
    /** Needed plugins, by short name, with a semver range. */
    requires: {
      type: 'object',
      additionalProperties: {
        anyOf: [
          { type: 'string' },
          {
            type: 'object',
            properties: { range: { type: 'string' }, optional: { type: 'boolean' } },
            required: ['range'],
            additionalProperties: false,
          },
        ],
      },
      default: {},
    },
    /** Permissions that the plugin adds, with what they allow. */
    permissions: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
    /** First path segments below `/api/v1`. */
    segments: { type: 'array', items: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' }, default: [] },
    /** First path segments outside the API. */
    roots: { type: 'array', items: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' }, default: [] },
    /** Path of the browser bundle. */
    ui: { type: 'string', pattern: '^\\./' },
    /** Path of the agent half's single-file bundle. */
    agent: { type: 'string', pattern: '^\\./' },
    /** Single-file programs that the agent half starts as processes of their own, by name. */
    programs: { type: 'object', additionalProperties: { type: 'string', pattern: '^\\./' }, default: {} },
  },
  required: ['displayName', 'requires', 'permissions', 'segments'],
  additionalProperties: false,
});
export type Manifest = Infer<typeof Manifest>;
