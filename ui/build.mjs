// Builds the dashboard: shared modules, shell, and the browser half of each plugin. Plain JavaScript: it runs before anything is built.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildView, readPluginFolder } from '@containr/plugin-build';
import { buildShell } from './build/shell.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = process.argv.slice(2);
const started = Date.now();

if (wanted.length === 0 || wanted.includes('shell')) await buildShell(root);
for (const name of readdirSync(join(root, 'plugins'))) {
  const directory = join(root, 'plugins', name);
  if (existsSync(join(directory, 'ui/index.ts')) && (wanted.length === 0 || wanted.includes(name)))
    await buildView(await readPluginFolder(directory));
}
console.log(`Dashboard built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
