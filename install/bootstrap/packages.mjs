import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './run.mjs';
import { fingerprint, once } from './stamp.mjs';

/** Installs the packages of the lock file when they are missing or other ones; no package's install script runs. */
export async function ensurePackages(root, progress) {
  if (!existsSync(join(root, 'node_modules', '.package-lock.json')))
    rmSync(join(root, '.cache', 'packages.stamp'), { force: true });
  await once(root, 'packages', fingerprint(root, ['package-lock.json']), () =>
    progress.step('packages', 'Installing packages', () =>
      runQuietly(['npm', 'ci', '--ignore-scripts', '--loglevel=error'], { cwd: root }),
    ),
  );
}
