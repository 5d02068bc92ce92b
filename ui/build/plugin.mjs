import { join } from 'node:path';
import { build } from 'vite';
import { compress } from './compress.mjs';
import { baseOptions, shared } from './options.mjs';

const forbidden = /[\\/]node_modules[\\/](?:@vue|vue|pinia|vue-router|naive-ui)[\\/]/;

/** Builds a plugin's `ui/index.ts` to `dist/ui/index.js`, with the shared modules outside. Fails when one of them got in. */
export async function buildPlugin(root, directory, name) {
  const outDir = join(directory, 'dist/ui');
  const result = await build({
    ...baseOptions(root),
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      minify: true,
      cssMinify: true,
      reportCompressedSize: false,
      lib: { entry: join(directory, 'ui/index.ts'), formats: ['es'], fileName: () => 'index.js', cssFileName: 'index' },
      rolldownOptions: { external: shared, output: { codeSplitting: false } },
    },
  });
  for (const output of [result].flat().flatMap((one) => one.output)) {
    const inside = output.type === 'chunk' ? Object.keys(output.modules).find((id) => forbidden.test(id)) : undefined;
    if (inside)
      throw new Error(
        `The browser half of ${name} contains ${inside}, which must come from the import map. Import it from '@containr/ui-kit' or 'vue'.`,
      );
  }
  compress(outDir);
}
