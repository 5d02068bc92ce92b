import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';
import { missingSource } from './missing-source.ts';
import type { PluginFolder } from './plugin-folder.ts';

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
  resolveId: (id: string) => (id === 'ssh2' ? '\0ssh2' : undefined),
  load: (id: string) =>
    id === '\0ssh2'
      ? 'export class Client { constructor() { throw new Error("SSH is not part of this build"); } }'
      : undefined,
};

/**
 * Bundles `src/agent.ts`, and `src/programs/<name>.ts` for each of the manifest's programs, to single files, so that a node
 * needs nothing but Node. Resolves with what was written, by path in the folder.
 */
export async function buildAgent({ directory, manifest }: PluginFolder): Promise<readonly string[]> {
  const entries = Object.entries(manifest.programs ?? {}).map(([name, file]) => [`src/programs/${name}.ts`, file]);
  if (manifest.agent !== undefined) entries.unshift(['src/agent.ts', manifest.agent]);
  for (const [source = '', file = ''] of entries) {
    const input = join(directory, source);
    if (!existsSync(input)) throw missingSource(file, source);
    await build({
      input,
      platform: 'node',
      logLevel: 'warn',
      plugins: [withoutSsh],
      resolve: { conditionNames: ['containr-src', 'node', 'import', 'default'] },
      external: [/^node:/, /\.node$/, 'cpu-features'],
      output: { file: join(directory, file), format: 'esm', codeSplitting: false, banner },
    });
  }
  return entries.map(([, file = '']) => file);
}
