// Build phase 2: collects the API from what the plugins declare, without a database, and writes the client's types.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTs, { astToString } from 'openapi-typescript';
import { collectOpenApi, discover } from '@containr/kernel';
import { installPlugin } from './src/install-plugin.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const head =
  '/** Made by install/build-client-types.mjs from what the plugins declare. Not to be edited, not in Git. */\n';

// What the start program adds itself; nothing of its supervisor is asked here.
const packages = [...(await discover(join(root, 'plugins'))), installPlugin({})];
const document = await collectOpenApi(packages);
await write(join(root, '.cache/openapi.json'), JSON.stringify(document, null, 2));
await write(
  join(root, 'sdk/client/src/generated/api.ts'),
  head + astToString(await openapiTs(document, { defaultNonNullable: false, emptyObjectsUnknown: true })),
);

/** Writes what changed, in one step: who reads meanwhile finds the old file whole. */
async function write(path, text) {
  if ((await readFile(path, 'utf8').catch(() => null)) === text) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
