import type { Infer } from './schema.ts';
import { defineSchema } from './schema.ts';

const reasons = { type: 'object', additionalProperties: { type: 'string', minLength: 1, maxLength: 300 } } as const;

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
    /** What it needs granted when it runs isolated: values by kind, each with the reason that the admin reads. */
    wants: {
      type: 'object',
      properties: {
        hosts: reasons,
        events: reasons,
        capabilities: reasons,
        hooks: reasons,
        services: reasons,
        provides: reasons,
        /** `plugin.setting`: secret settings of others. */
        secrets: reasons,
      },
      additionalProperties: false,
    },
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
