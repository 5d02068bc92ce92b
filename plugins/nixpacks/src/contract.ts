import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';

const version = defineSchema({ type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$' });

/** One version of a language's tool, and where it is to be had. */
export const RuntimeEntry = defineSchema({
  type: 'object',
  properties: {
    version,
    /** Image that builds with it, and runs it unless `runImage` says otherwise; `null`: not for container engines. */
    image: { type: ['string', 'null'] },
    /** Image that what was built runs in. */
    runImage: { type: ['string', 'null'], default: null },
    /** npm package for the process runtime; `{platform}` becomes `linux-x64` and the like; `null`: not for processes. */
    toolchain: {
      anyOf: [
        {
          type: 'object',
          properties: { package: { type: 'string' }, version: { type: 'string' }, bin: { type: 'string' } },
          required: ['package', 'version', 'bin'],
          additionalProperties: false,
        },
        { type: 'null' },
      ],
      default: null,
    },
  },
  required: ['version', 'image', 'runImage', 'toolchain'],
  additionalProperties: false,
});
export type RuntimeEntry = Infer<typeof RuntimeEntry>;

/** Which image or toolchain serves which language and version, by tool (`node`, `python`, `go`). */
export const RuntimeCatalogue = defineSchema({
  type: 'object',
  properties: { runtimes: { type: 'object', additionalProperties: { type: 'array', items: RuntimeEntry } } },
  required: ['runtimes'],
  additionalProperties: false,
});
export type RuntimeCatalogue = Infer<typeof RuntimeCatalogue>;
