import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readPlugin, startTestPlatform, until } from '@containr/testing';
import { expect } from 'chai';

const program = fileURLToPath(new URL('../bin/containr.mjs', import.meta.url));
const half = `export default { setup(agent) {
  agent.capability({ type: 'capability', name: 'disk.free', input: true, output: true, timeoutMs: 1000 }, async () => 1);
  setTimeout(() => process.exit(3), 1000);
} };`;

describe('inspecting a plugin, from the command line', function () {
  this.timeout(60_000);

  it('says how its agent half does on each node, and why', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'containr-inspect-'));
    await chmod(folder, 0o755);
    const containr = { displayName: 'Disks', requires: {}, permissions: {}, segments: ['disks'], agent: './agent.js' };
    const manifest = {
      name: '@example/plugin-disks',
      version: '1.0.0',
      type: 'module',
      exports: './plugin.js',
      containr,
    };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(folder, 'plugin.js'), 'export default { setup() {} };');
    await writeFile(join(folder, 'agent.js'), half);
    const test = await startTestPlatform({ plugins: [await readPlugin(folder, 'isolated')], agent: true });
    try {
      const inspect = (...more: string[]) =>
        promisify(execFile)(
          process.execPath,
          ['--conditions=containr-src', program, '--data', test.data, ...more, 'plugins', 'inspect', 'disks'],
          { timeout: 30_000, env: { PATH: process.env['PATH'], CONTAINR_CONFIG: '/nonexistent' } },
        );
      const ended = await until('the half ended', async () => {
        const { stdout } = await inspect('--json');
        return /"PLUGIN_CRASHED"|QUARANTINED/.test(stdout) ? stdout : null;
      });
      expect(JSON.parse(ended)).to.have.nested.property('nodes[0].name', 'test');
      expect((await inspect()).stdout).to.match(/^Node {4}test: \w+ \(\w+: disks .*ended/m);
    } finally {
      await test.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
