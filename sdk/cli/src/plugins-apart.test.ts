import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestPlatform } from '@containr/testing';
import { packPlugin, scratchFolder, startTestPlatform } from '@containr/testing';
import { expect } from 'chai';

const program = fileURLToPath(new URL('../bin/containr.mjs', import.meta.url));

describe('a plugin that nobody trusts, from the command line', function () {
  this.timeout(90_000);
  let test: TestPlatform;
  let folder = '';
  before(async () => {
    test = await startTestPlatform({ plugins: ['auth'] });
    folder = await scratchFolder('cli');
    await mkdir(folder, { recursive: true });
    const event = (name: string) =>
      `ctx.events.on({ type: 'event', name: '${name}', payload: true, permission: 'x:read', topics: () => [] }, async () => undefined);`;
    const manifest = { wants: { events: { 'ship.left': 'To wave' } } };
    const setup = `${event('ship.left')} ${event('ship.came')}`;
    const file = await packPlugin({ name: 'harbour', version: '1.0.0', setup, manifest });
    await writeFile(join(folder, 'harbour.tgz'), file);
  });
  after(async () => {
    await test?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs the command as a script does: nobody is there to answer. */
  function plugins(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const flags = ['--conditions=containr-src', '--disable-warning=ExperimentalWarning'];
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [...flags, program, '--data', test.data, 'plugins', ...args],
        { timeout: 60_000, env: { PATH: process.env['PATH'], CONTAINR_CONFIG: '/nonexistent' } },
        (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      );
      child.stdin?.end();
    });
  }

  it('is said to run apart, names all that it lacks at once, and is granted it by one command', async () => {
    const installed = await plugins('install', join(folder, 'harbour.tgz'), '--yes');
    expect(installed.stdout, installed.stderr).to.include('Runs in: a process of its own, with what is granted to it');
    expect((await plugins()).stdout).to.match(/harbour +installed +isolated/);

    const refused = await plugins('enable', 'harbour');
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.include('"ship.left", nor hear the event "ship.came"');
    expect(refused.stderr).to.include('containr plugins grants harbour allow');

    const asked = await plugins('grants', 'harbour', 'allow');
    expect(asked.code).to.equal(1);
    expect(asked.stdout).to.equal('events ship.left: To wave\nevents ship.came, which it tried and was refused\n');
    expect(asked.stderr).to.include('--yes');
    const granted = await plugins('grants', 'harbour', 'allow', '--yes');
    expect(granted.stdout, granted.stderr).to.match(/ship\.left +yes +To wave\n.*ship\.came +yes/);
    expect((await plugins('enable', 'harbour')).code).to.equal(0);
    expect((await plugins('inspect', 'harbour')).stdout).to.include('harbour is active, isolated.');
  });
});
