import { join } from 'node:path';
import { runQuietly } from './run.mjs';
import { fingerprint, once } from './stamp.mjs';

const code = [
  'sdk',
  'foundation',
  'kernel',
  'agent',
  'install',
  'plugins',
  'tsconfig.json',
  'tsconfig.base.json',
  'package-lock.json',
];
const views = ['ui', 'sdk/plugin/src', 'sdk/client/src', 'plugins', 'package-lock.json'];

/** Builds what changed since the last build: packages, agent bundles, dashboard. */
export async function ensureBuild(root, progress) {
  const node = process.execPath;
  await once(root, 'code', fingerprint(root, code), async () => {
    await progress.step('compile', 'Compiling', () =>
      runQuietly([node, join(root, 'node_modules/typescript/bin/tsc'), '-b', join(root, 'tsconfig.json')], {
        cwd: root,
      }),
    );
    await progress.step('agents', 'Bundling agent halves', () =>
      runQuietly([node, join(root, 'install/build-agents.mjs')], { cwd: root }),
    );
  });
  await once(root, 'views', fingerprint(root, views), () =>
    progress.step('dashboard', 'Building the dashboard', () =>
      runQuietly([node, join(root, 'ui/build.mjs')], { cwd: root }),
    ),
  );
}
