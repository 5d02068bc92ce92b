import { readFileSync } from 'node:fs';
import { validate } from '@containr/sdk/host';

/** Version of the code that this control plane was started from. */
export const { version } = validate<{ version: string }>(
  { type: 'object', properties: { version: { type: 'string' } }, required: ['version'] },
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')),
  'The package of the install',
);
