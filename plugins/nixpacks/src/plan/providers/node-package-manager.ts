import type { SourceTree } from '../source-tree.ts';

/** How one package manager does what a plan needs. */
export interface PackageManager {
  readonly name: string;
  readonly from: string;
  readonly manifests: readonly string[];
  readonly caches: readonly string[];
  install(packages: { development: boolean }): readonly string[];
  run(script: string): string;
  readonly prune: readonly string[];
}

/** The package manager that `packageManager` or the lock file names; npm without either. */
export function managerOf(source: SourceTree, manifest: Record<string, unknown>): PackageManager {
  const named =
    typeof manifest['packageManager'] === 'string'
      ? /^(npm|yarn|pnpm)@(\d+[\w.-]*)/.exec(manifest['packageManager'])
      : null;
  const locks = { pnpm: 'pnpm-lock.yaml', yarn: 'yarn.lock', npm: 'package-lock.json' } as const;
  const byLock = (['pnpm', 'yarn', 'npm'] as const).find((name) => source.has(locks[name]));
  const name = named?.[1] ?? byLock ?? 'npm';
  const from = named ? 'packageManager in package.json' : byLock ? locks[byLock] : 'no lock file is there';
  const present = (names: readonly string[]): string[] => names.filter((file) => source.has(file));
  if (name === 'pnpm')
    return pnpm(
      from,
      named?.[2] ?? '10',
      present(['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc']),
      source.has('pnpm-lock.yaml'),
    );
  if (name === 'yarn')
    return yarn(
      from,
      named?.[2] ?? '1.22.22',
      present(['package.json', 'yarn.lock', '.yarnrc', '.yarnrc.yml', '.npmrc']),
      source.has('yarn.lock'),
    );
  return npm(
    from,
    present(['package.json', 'package-lock.json', 'npm-shrinkwrap.json', '.npmrc']),
    source.has('package-lock.json') || source.has('npm-shrinkwrap.json'),
  );
}

function npm(from: string, manifests: readonly string[], locked: boolean): PackageManager {
  return {
    name: 'npm',
    from,
    manifests,
    caches: ['/root/.npm'],
    install: ({ development }) => [
      `npm ${locked ? 'ci' : 'install'} --no-audit --no-fund${development ? ' --include=dev' : ' --omit=dev'}`,
    ],
    run: (script) => `npm run ${script}`,
    prune: ['npm prune --omit=dev --no-audit --no-fund'],
  };
}

function pnpm(from: string, version: string, manifests: readonly string[], locked: boolean): PackageManager {
  const command = `npx --yes pnpm@${version}`;
  return {
    name: 'pnpm',
    from,
    manifests,
    caches: ['/root/.npm', '/root/.local/share/pnpm'],
    install: ({ development }) => [
      `${command} install${locked ? ' --frozen-lockfile' : ''}${development ? ' --prod=false' : ' --prod'}`,
    ],
    run: (script) => `${command} run ${script}`,
    prune: [`CI=true ${command} prune --prod`],
  };
}

function yarn(from: string, version: string, manifests: readonly string[], locked: boolean): PackageManager {
  const classic = version.startsWith('1');
  const command = classic ? `npx --yes yarn@${version}` : `npx --yes @yarnpkg/cli-dist@${version}`;
  const frozen = locked ? (classic ? ' --frozen-lockfile' : ' --immutable') : '';
  return {
    name: 'yarn',
    from,
    manifests,
    caches: ['/root/.npm', '/usr/local/share/.cache/yarn'],
    install: ({ development }) => [
      `${command} install${frozen}${classic ? (development ? ' --production=false' : ' --production') : ''}`,
    ],
    run: (script) => `${command} run ${script}`,
    prune: [],
  };
}
