import { expect } from 'chai';
import type { Answer, TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import { Setup } from './contract.ts';

const owner = {
  email: 'Ada@Example.com',
  password: 'correct horse battery',
  name: 'Ada',
  organisation: 'Ärzte & Söhne',
};

function cookieOf(answer: Answer): { line: string; pair: string } {
  const lines = [answer.headers['set-cookie'] ?? []].flat();
  const line = lines.find((one) => one.startsWith('containr_session=')) ?? '';
  return { line, pair: line.split(';')[0] ?? '' };
}

function text(value: unknown): string {
  expect(value).to.be.a('string');
  return String(value);
}

/** Runs one statement as who sees the rows of every organisation. */
async function sql(
  test: TestPlatform,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = await test.database.pool.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('containr.organisation', '*', true)`);
    const { rows } = await client.query(statement, [...values]);
    await client.query('commit');
    return rows;
  } finally {
    client.release();
  }
}

async function linkOf(test: TestPlatform): Promise<string | null> {
  return (await test.platform.services.get(Setup).link({}, { principal: test.platform.console })).url;
}

async function setupToken(test: TestPlatform): Promise<string> {
  const url = await linkOf(test);
  return new URL(url ?? '').searchParams.get('token') ?? '';
}

describe('accounts', function () {
  this.timeout(60_000);
  let test: TestPlatform;
  let secret = '';
  let cookie = '';

  before(async () => {
    test = await startTestPlatform({ plugins: ['auth'] });
  });
  after(() => test?.stop());

  describe('set-up', () => {
    it('prints the same link until it is used', async () => {
      const url = await linkOf(test);
      expect(url).to.match(/\/setup\?token=[\w-]{43}$/);
      expect(await linkOf(test)).to.equal(url);
      const rows = await sql(test, 'select * from plugin_auth.setup_links');
      expect(rows).to.have.length(1);
      expect(JSON.stringify(rows)).not.to.contain(await setupToken(test));
    });

    it('refuses another token', async () => {
      const answer = await test.request('/api/v1/setup', { method: 'POST', body: { ...owner, token: 'x'.repeat(43) } });
      expect([answer.status, answer.field('code')]).to.deep.equal([403, 'SETUP_TOKEN_WRONG']);
    });

    for (const password of ['short', '1234567890', 'password123', 'aaaaaaaaaaaa', 'ada@example.com']) {
      it(`refuses the password ${password}`, async () => {
        const answer = await test.request('/api/v1/setup', {
          method: 'POST',
          body: { ...owner, password, token: await setupToken(test) },
        });
        expect([answer.status, answer.field('errors', 0, 'path')]).to.deep.equal([422, '/password']);
      });
    }

    it('makes the first owner, names the organisation, and signs in', async () => {
      expect((await test.request('/api/v1/setup')).json).to.deep.equal({ done: false });
      const answer = await test.request('/api/v1/setup', {
        method: 'POST',
        body: { ...owner, token: await setupToken(test) },
      });
      expect(answer.status, answer.text).to.equal(201);
      expect(answer.field('user', 'email')).to.equal('ada@example.com');
      expect(answer.field('organisation', 'slug')).to.equal('arzte-sohne');
      secret = text(answer.field('token', 'secret'));
      expect(secret).to.match(/^ctr_[\w-]{43}$/);
      const set = cookieOf(answer);
      expect(set.line).to.contain('HttpOnly').and.to.contain('SameSite=Lax');
      cookie = set.pair;
    });

    it('is over then', async () => {
      expect(await linkOf(test)).to.equal(null);
      expect((await test.request('/api/v1/setup')).json).to.deep.equal({ done: true });
      const answer = await test.request('/api/v1/setup', { method: 'POST', body: { ...owner, token: 'x' } });
      expect([answer.status, answer.field('code')]).to.deep.equal([410, 'SETUP_DONE']);
    });

    it('keeps no secret as it is', async () => {
      for (const table of ['users', 'sessions', 'tokens', 'setup_links']) {
        const rows = await sql(test, `select * from plugin_auth.${table}`);
        expect(rows, table).to.have.length(1);
        const kept = JSON.stringify(rows);
        expect(kept).not.to.contain(owner.password);
        expect(kept).not.to.contain(secret);
        expect(kept).not.to.contain(cookie.split('=')[1]);
      }
    });
  });

  describe('who is asking', () => {
    const basic = (user: string, password: string) => ({
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    });
    const me = (headers: Record<string, string>) => test.request('/api/v1/users/me', { headers });

    it('takes a token, a session, and Basic with either', async () => {
      for (const headers of [
        { authorization: `Bearer ${secret}` },
        { cookie },
        basic('anything', secret),
        basic('ada@example.com', owner.password),
      ]) {
        const answer = await me(headers);
        expect(answer.status, answer.text).to.equal(200);
        expect(answer.field('user', 'name')).to.equal('Ada');
        expect(answer.field('organisations', 0, 'slug')).to.equal('arzte-sohne');
        expect(answer.field('permissions')).to.include('*');
      }
    });

    it('refuses what is not right', async () => {
      for (const headers of [
        {},
        { authorization: `Bearer ${secret}x` },
        { authorization: 'Bearer ctr_' },
        { cookie: `${cookie}x` },
        basic('ada@example.com', 'wrong password'),
        { authorization: 'Basic ???' },
      ]) {
        expect((await me(headers)).status).to.equal(401);
      }
    });

    it('does not fall back to the session when a token is wrong', async () => {
      expect((await me({ cookie, authorization: 'Bearer ctr_wrong' })).status).to.equal(401);
    });

    it('knows no organisation that one is not in', async () => {
      expect((await me({ cookie, 'containr-organisation': 'other' })).status).to.equal(404);
      expect((await me({ authorization: `Bearer ${secret}`, 'containr-organisation': 'other' })).status).to.equal(404);
      expect((await me({ cookie, 'containr-organisation': 'arzte-sohne' })).status).to.equal(200);
    });
  });

  describe('sessions', () => {
    const signIn = (body: object) => test.request('/api/v1/sessions', { method: 'POST', body });

    it('begin by e-mail and password, are listed, and end', async () => {
      const answer = await signIn({ email: 'ADA@example.com', password: owner.password });
      expect(answer.status, answer.text).to.equal(201);
      const own = cookieOf(answer).pair;
      const list = await test.request('/api/v1/sessions', { headers: { cookie: own } });
      const items = list.field('items');
      expect(items).to.be.an('array').with.length(2);
      expect(list.text).not.to.contain('hash');
      expect(Array.isArray(items) && items.filter((one) => one.current === true)).to.have.length(1);
      const out = await test.request('/api/v1/sessions/current', {
        method: 'DELETE',
        headers: { cookie: own, 'sec-fetch-site': 'same-origin' },
      });
      expect(out.status, out.text).to.equal(200);
      expect(cookieOf(out).line).to.match(/^containr_session=;.*Max-Age=0/);
      expect((await test.request('/api/v1/users/me', { headers: { cookie: own } })).status).to.equal(401);
    });

    it('end after a week of silence', async () => {
      const own = cookieOf(await signIn({ email: 'ada@example.com', password: owner.password })).pair;
      await sql(
        test,
        `update plugin_auth.sessions set last_seen_at = now() - interval '7 days 1 minute' where created_at = (select max(created_at) from plugin_auth.sessions)`,
      );
      expect((await test.request('/api/v1/users/me', { headers: { cookie: own } })).status).to.equal(401);
    });

    it('are not changed from another site', async () => {
      const answer = await test.request('/api/v1/sessions/current', {
        method: 'DELETE',
        headers: { cookie, origin: 'https://evil.example' },
      });
      expect([answer.status, answer.field('code')]).to.deep.equal([403, 'CROSS_SITE']);
    });

    it('are refused after ten wrong passwords, also when they come at once, but not for other accounts', async () => {
      const tries = await Promise.all(
        Array.from({ length: 12 }, () => signIn({ email: 'victim@example.com', password: 'wrong wrong' })),
      );
      expect(tries.filter((one) => one.status === 401)).to.have.length(10);
      const late = tries.find((one) => one.status === 429);
      expect(Number(late?.headers['retry-after'])).to.be.within(1, 600);
      expect((await signIn({ email: 'ada@example.com', password: owner.password })).status).to.equal(201);
    });

    it('do not count against an account from another address', async () => {
      await sql(test, `update plugin_auth.attempts set window_ends_at = now() - interval '1 second'`);
      expect((await signIn({ email: 'victim@example.com', password: 'wrong wrong' })).status).to.equal(401);
    });
  });

  describe('tokens', () => {
    const post = (body: object, token = secret) => test.request('/api/v1/tokens', { method: 'POST', token, body });

    it('show their secret once', async () => {
      const made = await post({ name: 'deploys', scopes: ['account:self'] });
      expect(made.status, made.text).to.equal(201);
      const list = await test.request('/api/v1/tokens?search=DEPLOY', { token: secret });
      expect(list.field('items', 0, 'name')).to.equal('deploys');
      expect(list.text).not.to.contain(text(made.field('secret')));
      expect(text(made.field('secret'))).to.satisfy((one: string) =>
        one.startsWith(String(list.field('items', 0, 'prefix'))),
      );
    });

    it('do only what they are for, and can make nothing stronger', async () => {
      const weak = text((await post({ name: 'weak', scopes: ['account:self', 'token:manage'] })).field('secret'));
      expect((await test.request('/api/v1/tokens', { token: weak })).status).to.equal(200);
      expect(
        (
          await test.request('/api/v1/organisations/00000000-0000-7000-8000-000000000000', {
            method: 'PATCH',
            token: weak,
            body: { name: 'x' },
          })
        ).status,
      ).to.equal(403);
      const stronger = await post({ name: 'strong', scopes: ['*'] }, weak);
      expect([stronger.status, stronger.field('code')]).to.deep.equal([403, 'FORBIDDEN']);
      expect((await post({ name: 'same' }, weak)).field('scopes')).to.deep.equal(['account:self', 'token:manage']);
    });

    it('stop at once when they are revoked', async () => {
      const made = await post({ name: 'short-lived' });
      const own = text(made.field('secret'));
      expect((await test.request('/api/v1/users/me', { token: own })).status).to.equal(200);
      expect(
        (await test.request(`/api/v1/tokens/${text(made.field('id'))}`, { method: 'DELETE', token: secret })).status,
      ).to.equal(200);
      expect((await test.request('/api/v1/users/me', { token: own })).status).to.equal(401);
    });

    it('stop when they expire', async () => {
      expect((await post({ name: 'late', expiresAt: '2001-01-01T00:00:00Z' })).status).to.equal(422);
      const made = await post({ name: 'soon', expiresAt: '2999-01-01T00:00:00Z' });
      await sql(test, `update plugin_auth.tokens set expires_at = now() - interval '1 second' where id = $1`, [
        made.field('id'),
      ]);
      expect((await test.request('/api/v1/users/me', { token: text(made.field('secret')) })).status).to.equal(401);
    });

    it('of another organisation are not seen', async () => {
      const other = '01900000-0000-7000-8000-000000000001';
      await sql(test, `insert into plugin_auth.organisations values ($1, 'other', 'Other', now())`, [other]);
      const list = await test.console('/tokens', { organisation: 'other' });
      expect(list.field('items')).to.deep.equal([]);
      const [first] = await sql(test, 'select id from plugin_auth.tokens limit 1');
      expect(
        (await test.console(`/tokens/${text(first?.['id'])}`, { method: 'DELETE', organisation: 'other' })).status,
      ).to.equal(404);
    });
  });

  describe("one's own account", () => {
    const patch = (body: object, headers: Record<string, string>) =>
      test.request('/api/v1/users/me', { method: 'PATCH', body, headers });

    it('changes the password with the present one, and signs out elsewhere', async () => {
      const headers = { cookie, 'sec-fetch-site': 'same-origin' };
      const elsewhere = cookieOf(
        await test.request('/api/v1/sessions', {
          method: 'POST',
          body: { email: owner.email, password: owner.password },
        }),
      ).pair;
      expect((await patch({ password: 'another horse battery' }, headers)).status).to.equal(422);
      expect((await patch({ password: 'another horse battery', currentPassword: 'wrong' }, headers)).status).to.equal(
        401,
      );
      const changed = await patch(
        { name: 'Ada L.', password: 'another horse battery', currentPassword: owner.password },
        headers,
      );
      expect(changed.status, changed.text).to.equal(200);
      expect((await test.request('/api/v1/users/me', { headers: { cookie } })).field('user', 'name')).to.equal(
        'Ada L.',
      );
      expect((await test.request('/api/v1/users/me', { headers: { cookie: elsewhere } })).status).to.equal(401);
    });

    it('renames its organisation and keeps the slug', async () => {
      const [found] = [await test.request('/api/v1/organisations', { token: secret })];
      const id = text(found?.field('items', 0, 'id'));
      const renamed = await test.request(`/api/v1/organisations/${id}`, {
        method: 'PATCH',
        token: secret,
        body: { name: 'Clinic' },
      });
      expect([renamed.field('name'), renamed.field('slug')]).to.deep.equal(['Clinic', 'arzte-sohne']);
    });

    it('shows the console every organisation', async () => {
      expect((await test.console('/organisations')).field('items')).to.have.length(2);
      expect((await test.console('/users/me')).field('code')).to.equal('ACCOUNT_NEEDED');
    });
  });
});
