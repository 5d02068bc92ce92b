import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const program = fileURLToPath(new URL('../bin/containr.mjs', import.meta.url));

describe('containr plan', function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), 'containr-plan-'));
  before(() => writeFileSync(join(folder, 'package.json'), '{"scripts":{"start":"node a.js"}}'));
  after(() => rmSync(folder, { recursive: true }));

  function containr(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        ['--conditions=containr-src', '--disable-warning=ExperimentalWarning', program, 'plan', ...args],
        { timeout: 25_000, env: { PATH: process.env['PATH'], CONTAINR_CONFIG: '/nonexistent', ...env } },
        (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      );
    });
  }

  it('answers in JSON without an install, by the variables of the environment and those given', async () => {
    const env = { NIXPACKS_BUILD_CMD: 'make' };
    const { stdout } = await containr(['--json', '--env', 'NIXPACKS_NODE_VERSION=22', folder], env);
    expect(JSON.parse(stdout)).to.deep.include({
      provider: 'node',
      runtimes: [{ tool: 'node', version: '22.22.2', from: 'the variable NIXPACKS_NODE_VERSION' }],
      install: ['npm install'],
      build: ['make'],
      start: 'npm run start',
    });
  });

  it('tells a person each step and why', async () => {
    const { stdout } = await containr([folder]);
    expect(stdout).to.contain('  start   npm run start\n').and.contain('because scripts.start in package.json');
  });

  it('says for which runtime it is, and shows the other', async () => {
    const site = join(folder, 'site');
    mkdirSync(site);
    writeFileSync(join(site, 'index.html'), '<p>Hello</p>');
    const docker = (await containr([site])).stdout;
    expect(docker)
      .to.match(/start +caddy /)
      .and.contain('This is the plan for containers; --runtime process shows');
    const own = (await containr(['--runtime', 'process', site])).stdout;
    expect(own)
      .to.match(/start .*static-server\.mjs/)
      .and.contain('This is the plan for processes');
  });

  it('refuses a folder that is not there, in one sentence', async () => {
    const { code, stderr } = await containr([join(folder, 'nowhere')]);
    expect(code).to.equal(1);
    expect(stderr).to.contain('nowhere').and.not.to.contain('    at ');
  });
});
