import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJoinToken, writeJoinToken } from '@containr/sdk/wire';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform, until } from '@containr/testing';
import { expect } from 'chai';

const program = fileURLToPath(new URL('../bin/containr.mjs', import.meta.url));
const flags = ['--conditions=containr-src', '--disable-warning=ExperimentalWarning', program];
const env = { PATH: process.env['PATH'], CONTAINR_CONFIG: '/nonexistent' };

describe('machines that join, from the command line', function () {
  this.timeout(60_000);
  let test: TestPlatform;
  let other: TestPlatform;
  let scratch: string;
  const joined: ChildProcess[] = [];

  before(async () => {
    [test, other] = await Promise.all([startTestPlatform(), startTestPlatform()]);
    scratch = await mkdtemp(join(tmpdir(), 'containr-join-'));
  });
  after(async () => {
    for (const child of joined) child.kill('SIGKILL');
    await Promise.all([test?.stop(), other?.stop()]);
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  });

  function containr(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [...flags, ...args], { timeout: 30_000, env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      );
    });
  }

  const at = (...args: string[]) => containr('--data', test.data, ...args);

  async function token(of = test): Promise<string> {
    const made = await containr('--data', of.data, '--json', 'node', 'token', '--control', of.origin);
    expect(made, made.stderr).to.include({ code: 0 });
    return String(Reflect.get(JSON.parse(made.stdout), 'join'));
  }

  /** Joins, and goes on until it is ended. */
  function joins(...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [...flags, 'node', 'join', ...args], { env, stdio: 'ignore' });
    joined.push(child);
    return child;
  }

  async function nodes(): Promise<{ id: string; name: string; state: string; labels: Record<string, string> }[]> {
    const { stdout } = await at('--json', 'node', 'list');
    return JSON.parse(stdout);
  }

  const reachable = (name: string) =>
    until(`${name} is reachable`, async () =>
      (await nodes()).find((one) => one.name === name && one.state === 'reachable'),
    );

  it('join with a token, come back as who they are, and are told about', async () => {
    const folder = join(scratch, 'second');
    const first = joins(await token(), '--folder', folder, '--name', 'second', '--label', 'region=eu');
    const node = await reachable('second');
    expect(node.labels).to.deep.equal({ region: 'eu', ingress: 'off' });
    first.kill('SIGTERM');
    await once(first, 'exit');
    const again = joins('--folder', folder);
    await until('it is back', async () =>
      (await nodes()).find(({ id, state }) => id === node.id && state === 'reachable'),
    );
    expect(await nodes()).to.have.length(1);

    expect((await at('node', 'rename', 'second', 'attic')).stdout).to.include('attic');
    expect((await at('node', 'label', 'attic', 'disk=ssd', 'region-')).stdout.trim()).to.equal(
      'attic: disk=ssd,ingress=off',
    );
    expect((await at('node', 'cordon', 'attic')).stdout).to.include('takes no new replicas');
    expect((await at('node')).stdout).to.match(/attic\s+reachable\s+cordoned/);
    expect((await at('node', 'uncordon', 'attic')).code).to.equal(0);
    const early = await at('node', 'remove', 'attic', '--lost');
    expect([early.code, early.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 1 && /not lost/.test(text),
    );
    expect((await at('node', 'remove', 'attic')).code).to.equal(0);
    expect(await nodes()).to.deep.equal([]);
    again.kill('SIGTERM');
    await once(again, 'exit');
  });

  it('are told what is wrong, and keep the token from who is not the one that made it', async () => {
    const folder = join(scratch, 'wrong');
    const join1 = async (text: string) => (await containr('--json', 'node', 'join', text, '--folder', folder)).stderr;
    expect(await join1('ctrj_nonsense')).to.include('JOIN_TOKEN_INVALID');
    expect((await containr('node', 'join', '--folder', folder)).stderr).to.include('Nothing in');

    const mine = readJoinToken(await token());
    expect(await join1(writeJoinToken({ ...mine, control: other.origin }))).to.include('CONTROL_PLANE_OTHER');
    expect(await join1(writeJoinToken({ ...mine, control: 'http://127.0.0.1:9' }))).to.include(
      'CONTROL_PLANE_UNREACHABLE',
    );
    // Nothing of that used it up.
    const child = joins(writeJoinToken(mine), '--folder', folder, '--name', 'late');
    await reachable('late');
    child.kill('SIGTERM');
    await once(child, 'exit');
    const elsewhere = ['node', 'join', writeJoinToken(mine), '--folder', join(scratch, 'used')];
    expect((await containr(...elsewhere)).stderr).to.include('ENROL_TOKEN_INVALID');
    const foreign = await containr('--json', 'node', 'join', await token(other), '--folder', folder);
    expect(foreign.stderr).to.include('CONFLICT_JOINED');
  });
});
