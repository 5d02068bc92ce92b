import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';
import { missingSource } from './missing-source.ts';
import type { PluginFolder } from './plugin-folder.ts';

/** What the install provides, once for all plugins: the sdk, the mapper that entities are defined with, contracts. */
const provided = [
  /^node:/,
  /^@containr\//,
  /^@mikro-orm\/core$/,
  /^(?:@[^/]+\/)?(?:containr-)?plugin-[^/]+\/contract$/,
];

/**
 * Bundles `src/plugin.ts`, and `src/contract.ts` where there is one, to `dist/plugin.js` and `dist/contract.js`. Resolves with
 * what was written, by path in the folder.
 */
export async function buildServer({ directory }: PluginFolder): Promise<readonly string[]> {
  const input: Record<string, string> = {};
  for (const name of ['plugin', 'contract']) {
    const source = join(directory, 'src', `${name}.ts`);
    if (existsSync(source)) input[name] = source;
  }
  if (!input['plugin']) throw missingSource('./dist/plugin.js', 'src/plugin.ts');
  await build({
    input,
    platform: 'node',
    logLevel: 'warn',
    external: provided,
    output: { dir: join(directory, 'dist'), format: 'esm', chunkFileNames: 'shared-[hash].js', sourcemap: true },
  });
  return Object.keys(input).map((name) => `./dist/${name}.js`);
}
