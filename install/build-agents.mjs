// Bundles the agent half and the programs of each plugin to single files, so that a node needs nothing but Node.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAgent, readPluginFolder } from '@containr/plugin-build';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const only = process.argv[2];

for (const name of readdirSync(join(root, 'plugins')))
  if (!only || name === only) await buildAgent(await readPluginFolder(join(root, 'plugins', name)));
