import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ContainrError } from '@containr/sdk';
import { build } from 'vite';
import { compress } from './compress.ts';
import { missingSource } from './missing-source.ts';
import type { PluginFolder } from './plugin-folder.ts';
import { sharedModules, viewOptions } from './view-options.ts';

const forbidden = /[\\/]node_modules[\\/](?:@vue|vue|pinia|vue-router|naive-ui)[\\/]/;

/** Builds a plugin's `ui/index.ts` to `dist/ui/index.js`, with the shared modules outside. Throws `VIEW_SHARED` when one got in. */
export async function buildView(plugin: PluginFolder): Promise<readonly string[]> {
  const { directory } = plugin;
  const entry = join(directory, 'ui/index.ts');
  if (!existsSync(entry)) throw missingSource('./dist/ui/index.js', 'ui/index.ts');
  const outDir = join(directory, 'dist/ui');
  const result = await build({
    ...viewOptions(directory),
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      minify: true,
      cssMinify: true,
      reportCompressedSize: false,
      lib: { entry, formats: ['es'], fileName: () => 'index.js', cssFileName: 'index' },
      rolldownOptions: { external: sharedModules, output: { codeSplitting: false } },
    },
  });
  for (const output of [result].flat().flatMap((one) => ('output' in one ? one.output : []))) {
    const inside = output.type === 'chunk' ? Object.keys(output.modules).find((id) => forbidden.test(id)) : undefined;
    if (inside !== undefined)
      throw new ContainrError({
        code: 'VIEW_SHARED',
        status: 400,
        detail: `The browser half of ${plugin.package} contains ${inside}, which must come from the import map.`,
        hint: `Import it from one of ${sharedModules.join(', ')}.`,
      });
  }
  compress(outDir);
  return ['./dist/ui/index.js'];
}
