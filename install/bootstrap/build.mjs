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
  'tsconfig.clients.json',
  'package-lock.json',
];
const views = ['ui', 'sdk/plugin/src', 'sdk/plugin-build/src', 'sdk/client/src', 'plugins', 'package-lock.json'];

/**
 * Builds what changed since the last build. Phase 1 compiles kernel, plugins and sdk; phase 2 collects the API from what
 * they declare, without a database, makes the client's types of it, and compiles client, command line and dashboard.
 */
export async function ensureBuild(root, progress) {
  const node = process.execPath;
  const compile = (project) =>
    runQuietly([node, join(root, 'node_modules/typescript/bin/tsc'), '-b', join(root, project)], { cwd: root });
  await once(root, 'code', fingerprint(root, code), async () => {
    await progress.step('compile', 'Compiling', () => compile('tsconfig.json'));
    await progress.step('client', 'Making the typed client', async () => {
      await runQuietly([node, '--conditions=containr-src', join(root, 'install/build-client-types.mjs')], {
        cwd: root,
      });
      await compile('tsconfig.clients.json');
    });
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
