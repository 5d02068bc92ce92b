import { readFileSync } from 'node:fs';
import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

/** First entry of an archive: what made it. */
export const About = defineSchema({
  type: 'object',
  properties: {
    format: { type: 'integer', minimum: 1 },
    /** Version of Containr. */
    version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
    createdAt: { type: 'string', format: 'date-time' },
    /** Major version of Postgres that can read the database's files. */
    postgres: { type: 'string' },
  },
  required: ['format', 'version', 'createdAt', 'postgres'],
  additionalProperties: false,
});
export type About = Infer<typeof About>;

/** Last entry: everything before it, so that a missing or changed part is found before anything is written. */
export const Manifest = defineSchema({
  type: 'object',
  properties: {
    parts: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          path: { type: 'string' },
          sizeBytes: { type: 'integer', minimum: 0 },
          sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
        },
        required: ['path', 'sizeBytes', 'sha256'],
        additionalProperties: false,
      },
    },
  },
  required: ['parts'],
  additionalProperties: false,
});
export type Manifest = Infer<typeof Manifest>;

/** Form of the archive; a newer one is refused. */
export const format = 1;
export const aboutName = 'about.json';
export const manifestName = 'manifest.json';

/** Version of Containr, which is the one of every package. */
export const { version } = validate<{ version: string }>(
  { type: 'object', properties: { version: { type: 'string' } }, required: ['version'] },
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')),
  'The package of the backup',
);

/** Whether `version` comes after `own`, by major, minor and patch. */
export function isNewer(given: string, own: string): boolean {
  const numbers = (text: string): number[] => text.split(/[.-]/).slice(0, 3).map(Number);
  const [a, b] = [numbers(given), numbers(own)];
  const at = [0, 1, 2].find((place) => a[place] !== b[place]);
  return at !== undefined && (a[at] ?? 0) > (b[at] ?? 0);
}
