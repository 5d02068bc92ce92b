import { execFile, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import { Setup } from '@containr/plugin-auth/contract';

const program = fileURLToPath(new URL('../bin/containr.mjs', import.meta.url));

const flags = ['--conditions=containr-src', '--disable-warning=ExperimentalWarning'];

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as a person would, in a process of its own, on no terminal. */
function containr(args: readonly string[], stdin = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...flags, program, ...args],
      { timeout: 30_000, env: { PATH: process.env['PATH'], CONTAINR_CONFIG: '/nonexistent' } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
    child.stdin?.end(stdin);
  });
}

describe('the console, from the command line', function () {
  this.timeout(60_000);
  let test: TestPlatform;
  const person = { email: 'ada@example.com', password: 'correct horse battery' };
  const at = (...args: string[]): string[] => ['--data', test.data, ...args];
  const signIn = (password: string) =>
    test.request('/api/v1/sessions', { method: 'POST', body: { email: person.email, password } });

  before(async () => {
    test = await startTestPlatform({ plugins: ['auth', 'projects'] });
    const { url } = await test.platform.services.get(Setup).link({}, { principal: test.platform.console });
    const token = new URL(url ?? '').searchParams.get('token');
    const body = { token, ...person, name: 'Ada', organisation: 'Boats' };
    expect((await test.request('/api/v1/setup', { method: 'POST', body })).status).to.equal(201);
  });
  after(() => test?.stop());

  it('needs no account, and acts in the organisation that it names', async () => {
    const made = await containr(at('--organisation', 'boats', 'projects', 'create', 'Shop'));
    expect(made, made.stderr).to.include({ code: 0 });
    const listed = await containr(at('--json', '--organisation', 'boats', 'projects'));
    expect(JSON.parse(listed.stdout)).to.have.nested.property('[0].slug', 'shop');
    const elsewhere = await containr(at('--organisation', 'nowhere', 'projects'));
    expect(elsewhere.code).to.equal(1);
    expect(elsewhere.stderr).to.include('organisation');
  });

  it('copies an environment, and lists those of a project', async () => {
    const boats = (...args: string[]) => containr(at('--organisation', 'boats', ...args));
    await boats('projects', 'create', 'Fleet');
    await boats('services', 'create', 'fleet/web');
    const copied = await boats('environments', 'duplicate', 'fleet', 'Next');
    expect(copied, copied.stderr).to.include({ code: 0 });
    expect(copied.stdout).to.contain('Copied fleet@production to fleet@next. Nothing runs in it yet');
    expect((await boats('environments', 'fleet')).stdout).to.match(/fleet@production[^]*fleet@next/);
    expect((await boats('services', 'show', 'fleet/web@next')).code).to.equal(0);
    const named = await boats('delete', 'fleet@next');
    expect(named.code).to.equal(1);
    expect(named.stdout).to.contain("Deleting fleet@next can't be undone. With it goes:\n  services (1): web");
    expect(named.stderr).to.contain('fleet@next was not deleted');
    expect((await boats('environments', 'fleet')).stdout).to.contain('fleet@next');
    expect((await boats('delete', 'fleet@next', '--yes')).stdout).to.contain('Deleted fleet@next');
    expect((await boats('environments', 'fleet')).stdout).not.to.contain('fleet@next');
    const nowhere = await boats('environments', 'duplicate', 'fleet@nowhere', 'X');
    expect([nowhere.code, nowhere.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 1 && text.includes('production'),
    );
  });

  it('tells what works, with exit code 0, and what does not, with 1', async () => {
    const fine = await containr(at('status'));
    expect(fine.stdout).to.match(/✓\s+database\s+works/);
    expect(fine.stdout).to.match(/✓\s+plugin auth\s+active/);
    expect(fine.stdout).to.match(/disk .* GiB free/);
    expect(fine.code, fine.stdout).to.equal(0);
  });

  it('says of each plugin where it runs, and that no job waits', async () => {
    expect((await containr(at('plugins'))).stdout).to.match(/PLUGIN +STATE +TRUST[^]*auth +active +first-party/);
    expect((await containr(at('jobs', 'nothing'))).stdout).to.equal(
      'No job waits, runs or was given up; one that is done leaves nothing here.\n',
    );
  });

  it('ends quietly when nobody reads on', async () => {
    const child = spawn(process.execPath, [...flags, program, ...at('plugins')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], CONTAINR_CONFIG: '/nonexistent' },
    });
    child.stdout.destroy();
    const said = await text(child.stderr);
    expect([said, child.signalCode]).to.deep.equal(['', null]);
  });

  it('lists accounts and resets a password from stdin, which ends the sessions', async () => {
    const session = await signIn(person.password);
    const cookie = String([session.headers['set-cookie'] ?? []].flat()[0]).split(';')[0] ?? '';
    const own = () => test.request('/api/v1/users/me', { headers: { cookie } });
    expect((await own()).status).to.equal(200);
    expect((await containr(at('users', 'list'))).stdout).to.match(/ada@example\.com\s+Ada\s+boats/);

    const weak = await containr(at('users', 'reset-password', person.email), '12345\n');
    expect(weak.code).to.equal(1);
    const reset = await containr(at('users', 'reset-password', person.email), 'a river of four words\n');
    expect(reset, reset.stderr).to.include({ code: 0 });
    expect(reset.stdout).to.include('2 sessions ended');
    expect((await own()).status).to.equal(401);
    expect((await signIn(person.password)).status).to.equal(401);
    expect((await signIn('a river of four words')).status).to.equal(201);
  });

  it('keeps an owner of one organisation from the accounts of all', async () => {
    const basic = Buffer.from(`${person.email}:a river of four words`).toString('base64');
    const made = await test.request('/api/v1/tokens', {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: { name: 'cli' },
    });
    const headers = { authorization: `Bearer ${String(made.field('secret'))}` };
    const refused = await test.request('/api/v1/users', { headers });
    expect([refused.status, refused.field('code')]).to.deep.equal([403, 'CONSOLE_ONLY']);
  });

  it('turns accounts on again when the plugin that knows them is off: nobody is locked out', async () => {
    expect((await containr(at('plugins', 'disable', 'auth'))).code).to.equal(0);
    expect((await signIn('a river of four words')).status).to.equal(503);
    const off = await containr(at('users', 'list'));
    expect(off.stderr).to.match(/Accounts|auth/);
    expect((await containr(at('status'))).stdout).to.match(/plugin auth\s+stopped/);
    expect((await containr(at('plugins', 'enable', 'auth'))).code).to.equal(0);
    expect((await signIn('a river of four words')).status).to.equal(201);
  });

  it('says where it looked when nothing serves there', async () => {
    const nothing = await containr(['--data', '/nonexistent', '--json', 'status']);
    expect(nothing.code).to.equal(1);
    expect(JSON.parse(nothing.stderr)).to.have.nested.property('error.code', 'CONSOLE_CLOSED');
  });
});
