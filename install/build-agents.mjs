// Bundles the agent half and the programs of each plugin to single files, so that a node needs nothing but Node.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const only = process.argv[2];

// What CommonJS packages expect to find around them.
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');

/** Engines are reached over their local socket, so the SSH client that one package carries along stays out. */
const withoutSsh = {
  name: 'without-ssh',
  resolveId: (id) => (id === 'ssh2' ? '\0ssh2' : undefined),
  load: (id) =>
    id === '\0ssh2'
      ? 'export class Client { constructor() { throw new Error("SSH is not part of this build"); } }'
      : undefined,
};

for (const name of readdirSync(join(root, 'plugins'))) {
  if (only && name !== only) continue;
  const folder = join(root, 'plugins', name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).containr;
  const entries = [];
  if (manifest.agent) entries.push([join(folder, 'src/agent.ts'), join(folder, manifest.agent)]);
  for (const [program, file] of Object.entries(manifest.programs ?? {}))
    entries.push([join(folder, 'src/programs', `${program}.ts`), join(folder, file)]);
  for (const [input, file] of entries) {
    if (!existsSync(input))
      throw new Error(`The manifest of ${name} names ${file}, and its source ${input} is not there.`);
    await build({
      input,
      platform: 'node',
      logLevel: 'warn',
      plugins: [withoutSsh],
      resolve: { conditionNames: ['containr-src', 'node', 'import', 'default'] },
      external: [/^node:/, /\.node$/, 'cpu-features'],
      output: { file, format: 'esm', codeSplitting: false, banner },
    });
  }
}
