// Bundles the agent half and the programs of each plugin to single files, so that a node needs nothing but Node.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const only = process.argv[2];

for (const name of readdirSync(join(root, 'plugins'))) {
  if (only && name !== only) continue;
  const folder = join(root, 'plugins', name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).containr;
  const entries = [];
  if (manifest.agent) entries.push([join(folder, 'src/agent.ts'), join(folder, manifest.agent)]);
  for (const [program, file] of Object.entries(manifest.programs ?? {})) entries.push([join(folder, 'src/programs', `${program}.ts`), join(folder, file)]);
  for (const [input, file] of entries) {
    if (!existsSync(input)) continue;
    await build({
      input,
      platform: 'node',
      logLevel: 'warn',
      resolve: { conditionNames: ['containr-src', 'node', 'import', 'default'] },
      external: [/^node:/, /\.node$/, 'cpu-features'],
      output: { file, format: 'esm', codeSplitting: false, banner: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    });
  }
}
