// One command for everything that is checked without running the product.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './bootstrap/run.mjs';
import { countKernel } from './lint/kernel-size.mjs';
import { listSystemStores } from './lint/system-stores.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (path) => join(root, 'node_modules', path);
const fix = process.argv.includes('--fix');

mkdirSync(join(root, '.cache'), { recursive: true });
writeFileSync(
  join(root, '.cache/tsconfig.lint.json'),
  JSON.stringify({
    extends: '../tsconfig.base.json',
    compilerOptions: {
      composite: false,
      incremental: false,
      declaration: false,
      declarationMap: false,
      noEmit: true,
      types: ['node', 'mocha'],
      rootDir: '..',
      lib: ['ES2024', 'DOM', 'DOM.Iterable'],
    },
    include: [
      '../sdk/**/*.ts',
      '../foundation/**/*.ts',
      '../kernel/**/*.ts',
      '../agent/**/*.ts',
      '../install/**/*.ts',
      '../plugins/**/*.ts',
      '../ui/**/*.ts',
      '../test/**/*.ts',
      '../docs/**/*.ts',
      '../samples/plugins/**/*.ts',
    ],
    exclude: ['../**/dist', '../**/node_modules'],
  }),
);

const checks = [
  // The rules need the client's types, and those are made of what the plugins declare now.
  ['client', [process.execPath, '--conditions=containr-src', join(root, 'install/build-client-types.mjs')]],
  ['client types', [process.execPath, bin('typescript/bin/tsc'), '-b', join(root, 'tsconfig.clients.json')]],
  ['types of views', [process.execPath, bin('vue-tsc/bin/vue-tsc.js'), '-p', join(root, 'ui/tsconfig.json')]],
  [
    'format',
    [
      process.execPath,
      bin('prettier/bin/prettier.cjs'),
      fix ? '--write' : '--check',
      '--log-level',
      'warn',
      '**/*.{ts,mjs,vue,json}',
    ],
  ],
  [
    'types and rules',
    [process.execPath, '--max-old-space-size=6144', bin('eslint/bin/eslint.js'), ...(fix ? ['--fix'] : []), '.'],
  ],
  [
    'imports',
    [
      process.execPath,
      bin('dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      '.dependency-cruiser.mjs',
      '--output-type',
      'err',
      'sdk',
      'foundation',
      'kernel',
      'agent',
      'plugins',
      'install/src',
    ],
  ],
];

let failed = 0;
for (const [name, argv] of checks) {
  const begun = Date.now();
  const code = await run(argv, { cwd: root, env: process.env });
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${Math.round((Date.now() - begun) / 1000)} s)`);
  if (code !== 0) failed += 1;
}
const kernel = countKernel(join(root, 'kernel/src'));
const small = kernel.total <= 2500;
console.log(
  `${small ? 'ok  ' : 'FAIL'} kernel: ${kernel.total} of 2,500 lines of code (${kernel.folders.map(([name, lines]) => `${name} ${lines}`).join(', ')})`,
);
const foundation = countKernel(join(root, 'foundation'));
console.log(
  `ok   foundation: ${foundation.total} lines of code (${foundation.folders.map(([name, lines]) => `${name} ${lines}`).join(', ')})`,
);
console.log(
  `ok   stores opened for all organisations: ${listSystemStores(join(root, 'plugins'))
    .map(({ file, reason }) => `\n       ${file}: ${reason}`)
    .join('')}`,
);
process.exit(failed > 0 || !small ? 1 : 0);
