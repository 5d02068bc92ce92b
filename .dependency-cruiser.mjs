/** The import directions of docs/architecture.md, checked. */
const isTest = '(\\.test\\.ts$|/(test|fixtures)/)';
const inOwnPlugin = '^plugins/([^/]+)/';

export default {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'A cycle has no order to read it in.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'sdk-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^sdk/plugin/', pathNot: isTest },
      to: { path: '^(foundation|kernel|agent|install|plugins|ui|test|sdk/(?!plugin/))' },
    },
    {
      name: 'foundation-imports-the-sdk-only',
      severity: 'error',
      comment:
        'What the kernel stands on knows neither the kernel nor plugins; data may stand on postgres, isolation on cell.',
      from: { path: '^foundation/([^/]+)/', pathNot: isTest },
      to: {
        path: '^(foundation|kernel|agent|install|plugins|ui|test|sdk/(?!plugin/))',
        pathNot: ['^foundation/$1/', '^foundation/(postgres|cell)/'],
      },
    },
    {
      name: 'kernel-knows-plugins-not-paas',
      severity: 'error',
      from: { path: '^kernel/', pathNot: isTest },
      to: { path: '^(agent|install|plugins|ui|test|sdk/(?!plugin/))' },
    },
    {
      name: 'agent-imports-the-sdk-only',
      comment: 'And cell, in which the halves of plugins run that nobody trusts.',
      severity: 'error',
      from: { path: '^agent/', pathNot: isTest },
      to: { path: '^(foundation/(?!cell/)|kernel|install|plugins|ui|test|sdk/(?!plugin/))' },
    },
    {
      name: 'plugins-import-contracts-only',
      severity: 'error',
      comment: 'A plugin imports the sdk and the contract.ts of others.',
      from: { path: inOwnPlugin, pathNot: '(\\.test\\.ts$|/(test|fixtures|ui)/)' },
      to: {
        path: '^(foundation|kernel|agent|install|ui|test|plugins|sdk/(?!plugin/))',
        pathNot: ['^plugins/$1/', '^plugins/[^/]+/(src|dist)/contract\\.(ts|js|d\\.ts)$'],
      },
    },
    {
      name: 'client-imports-the-sdk-only',
      severity: 'error',
      from: { path: '^sdk/client/', pathNot: isTest },
      to: { path: '^(foundation|kernel|agent|install|ui|test|plugins/[^/]+/src/(?!contract))' },
    },
    {
      name: 'cli-imports-client-and-pure-parts',
      severity: 'error',
      comment: 'Backup and restore work on the machine itself, also where no control plane runs.',
      from: { path: '^sdk/cli/', pathNot: isTest },
      to: { path: '^(foundation/(?!backup/)|kernel|agent|install|ui|test|plugins/[^/]+/src/(?!plan|lint|contract))' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    exclude: { path: ['(^|/)dist/', '(^|/)node_modules/', '^\\.cache', '^\\.toolchain'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['containr-src', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
