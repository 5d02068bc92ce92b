import { rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Setup } from '@containr/plugin-auth/contract';
import { scratchFolder } from '@containr/testing';
import { expect } from 'chai';
import * as fc from 'fast-check';
import type { World } from '../asking/world.ts';
import { password, startWorld } from '../asking/world.ts';

describe('requests that want to be taken for others', function () {
  this.timeout(120_000);
  let world: World;
  let shell: string;
  before(async () => {
    shell = await scratchFolder('shell');
    await writeFile(join(shell, 'index.html'), '<!doctype html><title>Dashboard</title>');
    world = await startWorld({ shellDirectory: shell });
  });
  after(async () => {
    await world?.stop();
    await rm(shell, { recursive: true, force: true });
  });

  /** Sends a request target as it is: no client puts it right. */
  const raw = (target: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(world.test.origin).port), '127.0.0.1');
      let text = '';
      const lines = Object.entries({ host: 'localhost', connection: 'close', ...headers }).map(
        ([n, v]) => `${n}: ${v}`,
      );
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('error', reject);
      socket.on('close', () => resolve({ status: Number(text.split(' ')[1] ?? 0), text }));
      socket.end(`GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    });
  const signIn = async (headers: Record<string, string> = {}) =>
    world.test.request('/api/v1/sessions', {
      method: 'POST',
      body: { email: 'ada@example.org', password },
      headers,
    });
  const cookieOf = (answer: { headers: Readonly<Record<string, unknown>> }): string =>
    String((answer.headers['set-cookie'] as string[])[0]).split(';')[0] ?? '';

  it('#47 get nowhere by another spelling of a path', async () => {
    const dot = fc.constantFrom('.', '%2e', '%2E', '%252e', '．');
    const slash = fc.constantFrom('/', '//', '%2f', '%2F', '\\', '%5c', '/./', ';/', '/%00/', '/x/../');
    const letters = fc.constantFrom(
      'projects',
      'Projects',
      'PROJECTS',
      '%70rojects',
      'projects%20',
      'projects.json',
      'projects;x',
      'projects%00',
    );
    const base = fc.constantFrom(
      '/api/v1',
      '/API/v1',
      '/api//v1',
      '/%61pi/v1',
      '/ui/../api/v1',
      '/healthz/../api/v1',
      '/assets/..%2fapi/v1',
      'http://other.example/api/v1',
    );
    const target = fc
      .tuple(
        base,
        slash,
        fc.oneof(
          letters,
          fc.tuple(dot, dot, slash, letters).map((parts) => parts.join('')),
        ),
      )
      .map((parts) => parts.join(''));
    const wrong: string[] = [];
    for (const one of fc.sample(target, { numRuns: 400, seed: 47 })) {
      const answer = await raw(one);
      // Nobody asks: an answer of the API, whatever the spelling, would have to be a list.
      if (answer.text.includes(world.ours.word) || answer.text.includes('"items"') || answer.status >= 500)
        wrong.push(`${one}: ${answer.status} ${answer.text.slice(-200)}`);
      if (answer.status === 200 && !/text\/html/.test(answer.text)) wrong.push(`${one}: ${answer.text.slice(0, 300)}`);
    }
    expect(wrong).to.deep.equal([]);
  });

  it('#44 reach no engine and no other machinery: what nobody declares is not there', async () => {
    for (const path of [
      '/containers/json',
      '/v1.45/info',
      '/api/v1/docker/containers/json',
      '/api/v1/plugins/docker/proxy',
      '/api/endpoints/1/docker/info',
      '/_debug',
      '/metrics',
      '/.env',
      '/.git/config',
      '/server-status',
    ]) {
      const answer = await world.test.request(path, { token: world.ours.owner });
      // Nothing but the dashboard's page, which asks the API like anybody.
      if (answer.status === 200) expect(answer.text, path).to.include('<title>Dashboard</title>');
      else expect(answer.status, path).to.be.oneOf([404, 405, 503]);
    }
    const answer = await world.test.request('/plugin-ui/../../package.json', { token: world.ours.owner });
    expect(answer.text).not.to.include('"dependencies"');
  });

  it('#34 #62 set the install up once, with a token, and never again', async () => {
    const body = { token: 'x', email: 'eve@example.org', password: 'correct horse battery', name: 'Eve' };
    const again = await world.test.request('/api/v1/setup', { method: 'POST', body });
    expect([again.status, again.field('code')]).to.deep.equal([410, 'SETUP_DONE']);
    const { url } = await world.test.platform.services.get(Setup).link({}, { principal: world.test.platform.console });
    expect(url).to.equal(null);
  });

  it('#55 make no link to a host that the request names', async () => {
    for (const headers of [
      { host: 'evil.example' },
      { 'x-forwarded-host': 'evil.example' },
      { forwarded: 'host=evil.example' },
      { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' },
      { 'x-original-url': '/api/v1/plugins', 'x-rewrite-url': '/api/v1/plugins' },
    ]) {
      const answer = await world.test.request('/api/v1/openapi.json', { headers });
      expect(answer.text).not.to.include('evil.example');
      const signedIn = await signIn(headers);
      expect(String(signedIn.headers['set-cookie']))
        .not.to.include('evil.example')
        .and.not.match(/domain=/i);
      expect(signedIn.headers['location'] ?? '').not.to.include('evil.example');
    }
  });

  it('change nothing with a session when another page sends them', async () => {
    const cookie = cookieOf(await signIn({ origin: world.test.origin }));
    const change = (headers: Record<string, string>, body: unknown = { name: 'Forged' }) =>
      world.test.request('/api/v1/projects', {
        method: 'POST',
        body,
        headers: { cookie, 'containr-organisation': world.ours.slug, ...headers },
      });
    const origin = `http://localhost:${new URL(world.test.origin).port}`;
    const host = new URL(origin).host;
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${origin}.evil.example` },
      { origin: origin.replace('http:', 'https:') },
      { origin, 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example', 'content-type': 'text/plain' },
    ] as Record<string, string>[]) {
      const answer = await change({ host, ...headers });
      expect([answer.status, answer.field('code')], JSON.stringify(headers)).to.deep.equal([403, 'CROSS_SITE']);
    }
    const ours = await change({ host, origin });
    expect(ours.status, ours.text).to.equal(201);
    // A form can send neither JSON nor a method beside GET and POST.
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const answer = await change({ host, origin, 'content-type': type });
      expect(answer.status, type).to.equal(415);
    }
    for (const override of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      const answer = await world.test.request(
        `/api/v1/projects/${String(ours.field('id'))}?confirm=forged&_method=DELETE`,
        {
          headers: { cookie, host, origin, [override]: 'DELETE', 'containr-organisation': world.ours.slug },
        },
      );
      expect(answer.status).to.equal(200);
    }
  });

  it('keep no session that was there before signing in, and end every one with it', async () => {
    const planted = 'containr_session=planted-by-somebody-else';
    const fixed = await signIn({ cookie: planted, origin: world.test.origin });
    const cookie = cookieOf(fixed);
    expect(cookie)
      .to.match(/^containr_session=/)
      .and.not.equal(planted);
    expect(String(fixed.headers['set-cookie']))
      .to.match(/HttpOnly/)
      .and.match(/SameSite=Lax/);
    expect((await world.test.request('/api/v1/users/me', { headers: { cookie: planted } })).status).to.equal(401);
    const twice = cookieOf(await signIn());
    expect(twice).not.to.equal(cookie);
    const origin = `http://localhost:${new URL(world.test.origin).port}`;
    const out = await world.test.request('/api/v1/sessions/current', {
      method: 'DELETE',
      headers: { cookie, origin, host: new URL(origin).host },
    });
    expect(out.status, out.text).to.be.oneOf([200, 204]);
    expect((await world.test.request('/api/v1/users/me', { headers: { cookie } })).status).to.equal(401);
    // #64: a new password ends the others.
    const changed = await world.test.request('/api/v1/users/me', {
      method: 'PATCH',
      token: world.ours.owner,
      body: { password: 'another horse battery', currentPassword: password },
    });
    expect(changed.status, changed.text).to.equal(200);
    expect((await world.test.request('/api/v1/users/me', { headers: { cookie: twice } })).status).to.equal(401);
    const back = await world.test.request('/api/v1/users/me', {
      method: 'PATCH',
      token: world.ours.owner,
      body: { password, currentPassword: 'another horse battery' },
    });
    expect(back.status).to.equal(200);
  });

  it('#35 get no more from a token than its maker gave it', async () => {
    const narrow = await world.token(world.ours, 'token:manage', 'project:read');
    const more = async (scopes: string[]) =>
      world.test.request('/api/v1/tokens', { method: 'POST', token: narrow, body: { name: 'more', scopes } });
    for (const scopes of [['*'], ['project:write'], ['project:read', 'plugin:manage']])
      expect((await more(scopes)).status, scopes.join()).to.equal(403);
    const same = await more(['project:read']);
    expect(same.status).to.equal(201);
    const made = String(same.field('secret'));
    expect((await world.test.request('/api/v1/projects', { token: made })).status).to.equal(200);
    expect((await world.test.request('/api/v1/tokens', { token: made })).status).to.equal(403);
  });

  it('#58 end with the time of their token, also a stream that is open', async () => {
    const expiresAt = new Date(Date.now() + 1500).toISOString();
    const made = await world.ours.ask('/tokens', {
      method: 'POST',
      body: { name: 'short', scopes: ['project:read'], expiresAt },
    });
    const token = String(made.field('secret'));
    expect((await world.test.request('/api/v1/projects', { token })).status).to.equal(200);
    const open = async (bearer: string) =>
      fetch(`${world.test.origin}/api/v1/events`, { headers: { authorization: `Bearer ${bearer}` } });
    const timed = await open(token);
    const other = await world.ours.ask('/tokens', { method: 'POST', body: { name: 'gone', scopes: ['project:read'] } });
    const revoked = await open(String(other.field('secret')));
    expect([timed.status, revoked.status]).to.deep.equal([200, 200]);
    const gone = await world.ours.ask(`/tokens/${String(other.field('id'))}`, { method: 'DELETE' });
    expect(gone.status).to.equal(200);
    // They end by themselves: reading to the end waits for nothing else.
    for (const stream of [timed, revoked]) expect(await stream.text()).to.include('event: resume');
    expect((await world.test.request('/api/v1/projects', { token })).status).to.equal(401);
  });

  it('#77 #80 are told nothing across origins, and their pages stand in no frame', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      const answer = await world.test.request('/api/v1/projects', { token: world.ours.owner, headers: { origin } });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).to.deep.equal([]);
      expect(answer.headers['x-content-type-options']).to.equal('nosniff');
      expect(answer.headers['cache-control']).to.equal('no-store');
    }
    for (const path of ['/', '/projects', '/login?next=//evil.example']) {
      const page = await world.test.request(path);
      const policy = String(page.headers['content-security-policy']);
      expect(policy, path)
        .to.match(/frame-ancestors 'none'/)
        .and.match(/default-src 'self'|default-src 'none'/);
      expect(policy)
        .to.match(/script-src [^;]*'nonce-/)
        .and.not.match(/script-src [^;]*unsafe-(inline|eval)/);
      expect(page.headers['x-content-type-options']).to.equal('nosniff');
    }
  });

  it('are read once: no two lengths, no half chunks, no header that goes on', async () => {
    const port = Number(new URL(world.test.origin).port);
    const send = (text: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1');
        let got = '';
        socket.on('data', (chunk: Buffer) => (got += chunk.toString()));
        socket.on('error', () => resolve(got));
        socket.on('close', () => resolve(got));
        socket.end(text);
      });
    const smuggled = 'GET /api/v1/setup HTTP/1.1\r\nhost: x\r\n\r\n';
    for (const head of [
      `POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: ${smuggled.length}\r\n\r\n`,
      'POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n',
      'POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ntransfer-encoding : chunked\r\n\r\n',
      'GET /api/v1/projects HTTP/1.1\r\nhost: x\r\nx: a\r\n b\r\n\r\n',
    ]) {
      const got = await send(head + smuggled);
      expect(got.split('HTTP/1.1 200').length, head).to.equal(1);
    }
  });

  it('come with a request that has no body where none belongs', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      request(
        `${world.test.origin}/api/v1/projects`,
        { method: 'GET', headers: { 'content-length': '2', authorization: `Bearer ${world.ours.owner}` } },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      )
        .on('error', reject)
        .end('{}');
    });
    expect(status).to.equal(200);
  });
});
