import { execFile } from 'node:child_process';
import { Setup } from '@containr/plugin-auth/contract';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import { expect } from 'chai';

const owner = { email: 'ada@example.org', password: 'correct horse battery', name: 'Ada', organisation: 'Example' };

describe('what is done on an install is on record', function () {
  this.timeout(60_000);
  let test: TestPlatform;
  let secret = '';
  const secrets: string[] = [owner.password];

  before(async () => {
    test = await startTestPlatform({ plugins: ['projects'] });
    const link = await test.platform.services.get(Setup).link({}, { principal: test.platform.console });
    const token = new URL(link.url ?? '').searchParams.get('token') ?? '';
    const made = await test.request('/api/v1/setup', { method: 'POST', body: { ...owner, token } });
    expect(made.status, made.text).to.equal(201);
    secret = String(made.field('token', 'secret'));
    secrets.push(token, secret);
  });
  after(() => test?.stop());

  const ask = (path: string, method: 'GET' | 'POST' | 'PATCH' | 'DELETE', body?: unknown, token = secret) =>
    test.request(`/api/v1${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
      ...(token ? { token } : {}),
      headers: { 'x-request-id': `request-of-${method.toLowerCase()}` },
    });
  const rows = async (query = '') => {
    const { rows: found } = await test.database.pool.query(`select * from containr.audit ${query} order by position`);
    return found;
  };

  it('keeps each change with who, what, from where and the outcome, before it is answered', async () => {
    const made = await ask('/projects', 'POST', { name: 'Shop' });
    expect(made.status).to.equal(201);
    const [last] = (await rows()).slice(-1);
    expect(last).to.deep.include({
      action: 'POST /projects',
      plugin: 'projects',
      principal_kind: 'token',
      principal_via: 'bearer',
      status: 201,
      request_id: 'request-of-post',
      address: '127.0.0.1',
    });
    expect(last.organisation_id).to.be.a('string');
    const id = String(made.field('id'));
    await ask(`/projects/${id}`, 'PATCH', { name: 'Shop two' });
    expect((await rows()).at(-1)).to.deep.include({ action: 'PATCH /projects/{id}', targets: { id } });
  });

  it('leaves reading out', async () => {
    const before = (await rows()).length;
    await ask('/projects', 'GET');
    await ask('/nothing', 'GET');
    expect(await rows()).to.have.lengthOf(before);
  });

  it('keeps what was refused: nobody, who may not, who sent nonsense', async () => {
    expect((await ask('/projects', 'POST', { name: 'x' }, '')).status).to.equal(401);
    expect((await ask('/projects', 'POST', { name: 'x' }, 'ctr_forged')).status).to.equal(401);
    const narrow = await ask('/tokens', 'POST', { name: 'reader', scopes: ['project:read'], expiresAt: null });
    expect(narrow.status, narrow.text).to.equal(201);
    const reader = String(narrow.field('secret'));
    secrets.push(reader);
    expect((await ask('/projects', 'POST', { name: 'x' }, reader)).status).to.equal(403);
    expect((await ask('/projects', 'POST', { name: 7 })).status).to.equal(422);
    const refused = (await rows())
      .slice(-5)
      .map((row) => [row.action, row.principal_kind, row.principal_name, row.status]);
    expect(refused).to.deep.equal([
      ['POST /projects', 'anonymous', 'anonymous', 401],
      ['POST /projects', 'anonymous', 'anonymous', 401],
      ['POST /tokens', 'token', 'Set-up', 201],
      ['POST /projects', 'token', 'reader', 403],
      ['POST /projects', 'token', 'Set-up', 422],
    ]);
  });

  it('keeps what the console and the platform itself do', async () => {
    expect((await test.console('/plugins/projects/replace', { method: 'POST' })).status).to.equal(200);
    await test.platform.lifecycle.replace('projects');
    const [asked, told] = (await rows()).slice(-2);
    expect(asked).to.deep.include({
      action: 'POST /plugins/{name}/replace',
      plugin: 'kernel',
      principal_kind: 'console',
      principal_via: 'socket',
      targets: { name: 'projects' },
    });
    expect(told).to.deep.include({ action: 'plugin.replace', principal_kind: 'system', targets: { name: 'projects' } });
  });

  it('shows an organisation its own rows, and the console all', async () => {
    await test.database.pool.query(
      `insert into plugin_auth.organisations (id, slug, name, created_at) values ('01900000-0000-7000-8000-000000000001', 'other', 'Other', now())`,
    );
    expect(
      (await test.console('/projects', { method: 'POST', body: { name: 'Theirs' }, organisation: 'other' })).status,
    ).to.equal(201);
    const list = async (answer: Promise<{ json: unknown; field(...path: (string | number)[]): unknown }>) =>
      (await answer).field('items') as { action: string; organisation: string | null; principal: { kind: string } }[];
    const ours = await list(ask('/audit?limit=200', 'GET'));
    expect(new Set(ours.map((row) => row.organisation)).size).to.equal(1);
    expect(ours[0]?.organisation).to.be.a('string');
    expect(await list(test.console('/audit?limit=200', { organisation: 'other' }))).to.have.lengthOf(1);
    const all = await list(test.console('/audit?limit=200'));
    expect(all.some((row) => row.principal.kind === 'anonymous')).to.equal(true);
    expect(all.length).to.be.greaterThan(ours.length + 1);
    const page = await test.console('/audit?limit=2&plugin=projects');
    expect([(page.field('items') as unknown[]).length, typeof page.field('nextCursor')]).to.deep.equal([2, 'string']);
    expect((await test.console('/audit?since=yesterday')).status).to.equal(422);
    expect((await test.request('/api/v1/audit')).status).to.equal(401);
  });

  it('never keeps a secret', async () => {
    const variable = await ask('/variables', 'POST', {
      name: 'KEY',
      value: 'hunter2hunter2',
      project: await project(),
    });
    expect(variable.status, variable.text).to.be.oneOf([200, 201]);
    const { email, password } = owner;
    const signedIn = await test.request('/api/v1/sessions', { method: 'POST', body: { email, password } });
    expect(signedIn.status, signedIn.text).to.equal(201);
    const kept = JSON.stringify(await rows());
    for (const one of [...secrets, 'hunter2hunter2', owner.email]) expect(kept).not.to.include(one);
    expect(kept).to.include('POST /variables').and.include('POST /sessions');
  });

  /** Runs the command line as who holds the token; gives its exit code and what it printed. */
  const containr = (...argv: string[]): Promise<{ code: number; text: string }> =>
    new Promise((resolve) => {
      const script = `const { main } = await import('@containr/cli'); process.exitCode = await main(${JSON.stringify(argv)});`;
      const child = execFile(
        process.execPath,
        ['--conditions=containr-src', '--input-type=module', '-e', script],
        { env: { ...process.env, CONTAINR_ORIGIN: test.origin, CONTAINR_TOKEN: secret }, timeout: 20_000 },
        (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, text: stdout + stderr }),
      );
    });

  it('is verified over the API, and names the row that somebody changed', async () => {
    const total = (await rows()).length;
    const fine = await test.console('/audit/verify', { method: 'POST' });
    expect(fine.json).to.deep.equal({ ok: true, checked: total, broken: null });
    const listed = await containr('audit', '--limit', '2', '--search', 'POST /projects');
    expect([listed.code, listed.text.trim().split('\n').length], listed.text).to.deep.equal([0, 3]);
    expect((await containr('audit', 'verify')).code).to.equal(0);
    const { pool } = test.database;
    await pool.query('alter table containr.audit disable trigger user');
    await pool.query(`update containr.audit set principal_name = 'nobody' where position = 4`);
    expect((await ask('/audit/verify', 'POST')).json).to.deep.equal({
      ok: false,
      checked: 3,
      broken: { position: 4, reason: 'changed' },
    });
    const told = await containr('audit', 'verify');
    expect(told.code).to.equal(1);
    expect(told.text).to.include('Row 4 was changed');
  });

  async function project(): Promise<unknown> {
    return (await ask('/projects', 'GET')).field('items', 0, 'id');
  }
});
