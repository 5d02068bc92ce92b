import tseslint from 'typescript-eslint';

/** Files that start processes themselves: what streams, is kept apart, or outlives who started it. Everything else uses `exec`. */
const starters = [
  'sdk/plugin/src/host/exec.ts',
  'sdk/plugin/src/ingress/spawn-program.ts',
  'sdk/cli/src/{edit-text,join-install}.ts',
  'sdk/cli/src/commands/plugin-packages.ts',
  'agent/src/data-lock.ts',
  'foundation/cell/src/cell.ts',
  'foundation/cell/src/namespaces.ts',
  'foundation/postgres/src/{account,cluster,keeper}.ts',
  'install/src/supervisor/kept-programs.ts',
  'plugins/git/src/repository/http-backend.ts',
  'plugins/haproxy/src/carrier/{engine,haproxy-process}.ts',
  'plugins/process/src/isolation/{cell-process,view}.ts',
  'plugins/process/src/replica/{exec-in-replica,launch,task-runner}.ts',
];
const startMessage = 'Start programs through ctx.exec; a file that has to do it itself is listed in eslint.config.mjs.';
const shellMessage = 'No shell strings: run programs through ctx.exec with an argument array.';

const wholeHttp = {
  name: 'node:http',
  message: 'Import it from @containr/sdk/node-http: as an ES module it loads the whole of fetch.',
  allowTypeImports: true,
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.toolchain/**',
      '.cache/**',
      'docs/.vitepress/**',
      '**/*.vue',
      'sdk/client/src/generated/**',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./.cache/tsconfig.lint.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-empty-object-type': 'off',
      // Contracts ask for promises where an implementation needs none.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Code is never made of texts.
      'no-eval': 'error',
      'no-new-func': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'node:child_process', importNames: ['exec', 'execSync'], message: shellMessage },
            { name: 'child_process', message: shellMessage },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "Property[key.name='shell'][value.value!=false]", message: shellMessage },
        {
          selector: 'Literal[value=/^\\/(usr\\/)?bin\\/(ba|da|z|k)?sh$/]',
          message: 'shellCommand of @containr/sdk is the one place that names a shell.',
        },
        { selector: "ExportDefaultDeclaration[declaration.type='ClassDeclaration']", message: 'Export by name.' },
        {
          // tsc renames no import inside `export default …`, nor any that comes after one in the file: `dist` would look for a .ts.
          selector: 'ExportDefaultDeclaration ImportExpression[source.value=/^\\.{1,2}\\/.*\\.[cm]?tsx?$/]',
          message: 'Import in a named function above: tsc keeps the .ts of a dynamic import inside export default.',
        },
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals: enums are not erasable.' },
      ],
    },
  },
  {
    files: ['{sdk,foundation,plugins,agent,kernel,install}/**/src/**/*.ts'],
    ignores: [...starters, '**/*.test.ts', 'sdk/testing/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'node:child_process', message: startMessage, allowTypeImports: true }, wholeHttp],
        },
      ],
    },
  },
  { files: starters, rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: [wholeHttp] }] } },
  // A list of drawings: data, whatever its ending.
  { files: ['ui/kit/src/icons/icon-shapes.ts'], rules: { 'max-lines': 'off' } },
  {
    files: ['**/*.test.ts', 'test/**/*.ts', 'sdk/testing/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
