import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compress, sharedModules as shared, viewOptions } from '@containr/plugin-build';
import { build } from 'vite';

/** Builds the shared modules and the shell together, so that each module exists once, and writes the pages with the import map. */
export async function buildShell(root) {
  const outDir = join(root, 'ui/shell/dist');
  const entryOf = {
    shell: join(root, 'ui/shell/src/main.ts'),
    frame: join(root, 'ui/shell/src/framed/inside/main.ts'),
  };
  for (const name of shared) entryOf[name.replace('@containr/', '')] = name;
  const result = await build({
    ...viewOptions(root),
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      minify: true,
      cssMinify: true,
      cssCodeSplit: false,
      modulePreload: false,
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 2000,
      reportCompressedSize: false,
      rolldownOptions: {
        input: entryOf,
        preserveEntrySignatures: 'strict',
        output: {
          entryFileNames: 'assets/[name]-[hash].js',
          chunkFileNames: 'assets/[name]-[hash].js',
          assetFileNames: 'assets/[name]-[hash][extname]',
        },
      },
    },
  });
  const { output } = result;
  const chunks = output.filter((one) => one.type === 'chunk');
  const entry = (name) => chunks.find((chunk) => chunk.isEntry && chunk.name === name);
  const imports = Object.fromEntries(
    shared.map((name) => [name, `/${entry(name.replace('@containr/', '')).fileName}`]),
  );
  const main = entry('shell');
  const preload = [...new Set([main.fileName, ...staticImports(main, chunks)])];
  const styles = output
    .filter((one) => one.type === 'asset' && one.fileName.endsWith('.css'))
    .map((one) => one.fileName);
  const fonts = output
    .filter((one) => one.type === 'asset' && /hanken-grotesk-latin-wght-normal-.*\.woff2$/.test(one.fileName))
    .map((one) => one.fileName);

  const head = [
    ...fonts.map((file) => `<link rel="preload" href="/${file}" as="font" type="font/woff2" crossorigin>`),
    ...styles.map((file) => `<link rel="stylesheet" href="/${file}">`),
    `<script type="importmap" nonce="__NONCE__">${JSON.stringify({ imports })}</script>`,
    ...preload.map((file) => `<link rel="modulepreload" href="/${file}">`),
    `<script type="module" src="/${main.fileName}"></script>`,
  ];
  const page = readFileSync(join(root, 'ui/shell/index.html'), 'utf8').replace('<!--head-->', head.join('\n'));
  writeFileSync(join(outDir, 'index.html'), page);
  writeFileSync(join(outDir, 'frame.html'), framePage(root, { styles, imports, chunks, main: entry('frame') }));
  compress(outDir);
}

/** The document of a frame: the same modules and styles, asked for as a stranger, because it has no origin. */
function framePage(root, { styles, imports, chunks, main }) {
  const head = [
    ...styles.map((file) => `<link rel="stylesheet" href="/${file}" crossorigin>`),
    `<script type="importmap">${JSON.stringify({ imports })}</script>`,
    // All that a view needs is asked for at once, the plugin's own module included.
    ...[main.fileName, ...staticImports(main, chunks), ...Object.values(imports).map((path) => path.slice(1))].map(
      (file) => `<link rel="modulepreload" href="/${file}" crossorigin>`,
    ),
    `<link rel="modulepreload" href="index.js" crossorigin>`,
    `<script type="module" src="/${main.fileName}" crossorigin></script>`,
  ];
  return readFileSync(join(root, 'ui/shell/frame.html'), 'utf8').replace('<!--head-->', head.join('\n'));
}

function staticImports(chunk, chunks, seen = new Set()) {
  for (const file of chunk.imports) {
    if (seen.has(file)) continue;
    seen.add(file);
    const next = chunks.find((one) => one.fileName === file);
    if (next) staticImports(next, chunks, seen);
  }
  return seen;
}
