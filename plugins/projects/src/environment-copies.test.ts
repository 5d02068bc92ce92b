import { expect } from 'chai';
import { asking, id, startShop, tokenMaker } from './shop-fixture.test.ts';
import type { Shop } from './shop-fixture.test.ts';

describe('a copy of an environment', function () {
  this.timeout(60_000);
  let test: Shop['test'];
  let ours: Shop['ours'];
  let environment: string;
  let tokenFor: (...scopes: string[]) => Promise<string>;
  const ask = (...of: Parameters<ReturnType<typeof asking>['ask']>) => asking(test).ask(...of);
  const post = (path: string, body: object) => asking(test).post(path, body);
  const opened = (of: string) =>
    asking(test).projects().variables({ service: of, revision: null }, { principal: ours });
  const duplicate = (name: string, more: object = {}) =>
    post(`/environments/${environment}/duplicate`, { name, ...more });
  const servicesOf = async (of: string) => {
    const items = (await ask(`/services?environment=${of}`)).field('items') as { id: string; slug: string }[];
    return new Map(items.map((item) => [item.slug, item.id]));
  };
  const as = (token: string, path: string, body: object) =>
    test.request(`/api/v1${path}`, { method: 'POST', token, body });

  before(async () => {
    ({ test, ours, environment } = await startShop());
    tokenFor = await tokenMaker(test);
    const db = id(await post('/services', { environment, name: 'db' }));
    const spec = { replicas: 2, health: { kind: 'http', path: '/up' } };
    const web = id(await post('/services', { environment, name: 'web', spec }));
    const set = async (body: object) => expect((await post('/variables', body)).status).to.equal(201);
    await set({ environment, name: 'REGION', value: 'north' });
    await set({ service: db, name: 'PASSWORD', value: 'hush', kind: 'sealed' });
    await set({ service: db, name: 'URL', value: 'postgres://app:${{PASSWORD}}@db' });
    await set({ service: web, name: 'DATABASE_URL', value: '${{db.URL}}' });
    await set({ service: web, name: 'TOKEN', value: 'whisper', kind: 'secret' });
    await ask('/variables/text', {
      method: 'PUT',
      body: { environment, text: '# where it runs\nREGION=north\n', merge: false },
    });
  });
  after(() => test?.stop());

  it('has services, specs and variables of its own, and references lead inside of it', async () => {
    const copy = await duplicate('Staging');
    expect(copy.status, copy.text).to.equal(201);
    expect(copy.json).to.include({ slug: 'staging', name: 'Staging', kind: 'named' });
    expect(copy.text).not.to.match(/hush|whisper/);
    const [from, to] = [await servicesOf(environment), await servicesOf(id(copy))];
    expect([...to.keys()]).to.have.members(['db', 'web']);
    expect([...to.values()]).not.to.include.members([...from.values()]);
    const [web, db] = [to.get('web') ?? '', to.get('db') ?? ''];
    const expected = { DATABASE_URL: 'postgres://app:hush@db', TOKEN: 'whisper', REGION: 'north' };
    expect((await opened(web)).variables).to.deep.equal(expected);
    const revisions = await ask(`/specs?service=${web}`);
    expect(revisions.field('items')).to.have.lengthOf(1);
    expect(revisions.field('items', 0, 'reason')).to.equal('copied from production');
    expect(revisions.field('items', 0, 'spec', 'replicas')).to.equal(2);
    expect(revisions.field('items', 0, 'spec', 'health', 'path')).to.equal('/up');

    const password = await ask(`/variables?service=${db}&search=PASSWORD`);
    expect(password.field('items', 0)).to.include({ kind: 'sealed', value: null });
    await asking(test).patch(`/variables/${String(password.field('items', 0, 'id'))}`, { value: 'louder' });
    expect((await opened(web)).variables['DATABASE_URL']).to.equal('postgres://app:louder@db');
    expect((await opened(from.get('web') ?? '')).variables).to.deep.equal(expected);
    const text = await ask(`/variables/text?environment=${id(copy)}`);
    expect(String(text.field('text'))).to.contain('# where it runs');
  });

  it('seals each secret under its own id: no sealed text stands twice in the database', async () => {
    const copy = id(await duplicate('Sealed'));
    const client = await test.database.pool.connect();
    await client.query(`select set_config('containr.organisation', '*', false)`);
    const { rows } = await client.query<{ value: string }>(
      `select value from plugin_projects.variables where kind <> 'plain'`,
    );
    client.release(true);
    const values = rows.map((row) => row.value);
    expect(values.length).to.be.at.least(4);
    expect(new Set(values).size).to.equal(values.length);
    expect(values.join()).not.to.match(/hush|whisper/);
    const web = (await servicesOf(copy)).get('web') ?? '';
    expect((await opened(web)).secretNames).to.have.members(['DATABASE_URL', 'TOKEN']);
  });

  it('is all or nothing: a taken slug leaves nothing behind', async () => {
    await duplicate('Taken');
    const before = (await ask('/services?limit=200')).field('items') as unknown[];
    const again = await duplicate('Taken');
    expect([again.status, again.field('code')]).to.deep.equal([409, 'CONFLICT_SLUG']);
    expect((await ask('/services?limit=200')).field('items')).to.have.lengthOf(before.length);
  });

  it('needs what making each thing in it needs', async () => {
    const path = `/environments/${environment}/duplicate`;
    for (const [missing, ...scopes] of [
      ['environment:write', 'service:write', 'variable:write', 'secret:write'],
      ['service:write', 'environment:write', 'variable:write', 'secret:write'],
      ['variable:write', 'environment:write', 'service:write', 'secret:write'],
      ['secret:write', 'environment:write', 'service:write', 'variable:write'],
    ] as const) {
      const answer = await as(await tokenFor(...scopes), path, { name: 'Refused' });
      expect([answer.status, answer.field('code')], missing).to.deep.equal([403, 'FORBIDDEN']);
      expect(answer.text).to.contain(missing);
    }
    const all = await tokenFor('environment:write', 'service:write', 'variable:write', 'secret:write');
    expect((await as(all, path, { name: 'Granted' })).status).to.equal(201);
  });

  it('is brought to another one by staged changes: specs and variables, secrets by name alone', async () => {
    const copy = id(await duplicate('Synced'));
    const [from, to] = [await servicesOf(environment), await servicesOf(copy)];
    const web = to.get('web') ?? '';
    const sync = () => post(`/environments/${copy}/sync`, { from: environment });
    const same = await sync();
    expect(same.json).to.deep.equal({ items: [], count: 0, missing: [], extra: [], sealed: ['db.PASSWORD'] });

    await asking(test).patch(`/services/${web}`, { spec: { replicas: 5, start: { command: 'node other.js' } } });
    await post('/variables', { service: web, name: 'ONLY_HERE', value: '1' });
    await post('/services', { environment: copy, name: 'extra' });
    await ask(`/services/${to.get('db') ?? ''}?confirm=db`, { method: 'DELETE' });
    const token = (await ask(`/variables?service=${web}&search=TOKEN`)).field('items', 0, 'id');
    await asking(test).patch(`/variables/${String(token)}`, { value: 'another whisper' });
    const staged = await sync();
    expect(staged.json).to.deep.include({ count: 3, missing: ['db'], extra: ['extra'], sealed: [] });
    expect(staged.text).not.to.match(/whisper|hush/);
    const items = staged.field('items') as { variable: { name: string; action: string } | null; spec: unknown }[];
    expect(items.flatMap(({ variable }) => (variable ? [`${variable.name} ${variable.action}`] : []))).to.have.members([
      'TOKEN changed',
      'ONLY_HERE removed',
    ]);
    expect(items.find((one) => one.spec)?.spec).to.have.deep.members([
      { path: '/replicas', before: 5, after: 2 },
      { path: '/start/command', before: 'node other.js', after: null },
    ]);
    expect((await opened(from.get('web') ?? '')).variables['TOKEN']).to.equal('whisper');
    const applied = await post('/changes/apply', { environment: copy, deploy: false });
    expect(applied.field('count')).to.equal(3);
    const variables = await ask(`/variables?service=${web}`);
    const names = (variables.field('items') as { name: string }[]).map((one) => one.name);
    expect(names).to.have.members(['DATABASE_URL', 'TOKEN']);
    expect((await ask(`/specs?service=${web}`)).field('items', 0, 'spec', 'replicas')).to.equal(2);
  });

  it('is brought to another one only by who may read and write what differs, and inside a project', async () => {
    const copy = id(await duplicate('Guarded'));
    const web = (await servicesOf(copy)).get('web') ?? '';
    await asking(test).patch(`/services/${web}`, { spec: { replicas: 7 } });
    const path = `/environments/${copy}/sync`;
    const from = { from: environment };
    for (const scopes of [['service:read'], ['service:read', 'variable:read'], ['variable:read', 'service:write']]) {
      const answer = await as(await tokenFor(...scopes), path, from);
      expect([answer.status, answer.field('code')], scopes.join()).to.deep.equal([403, 'FORBIDDEN']);
    }
    const granted = await as(await tokenFor('service:read', 'variable:read', 'service:write'), path, from);
    expect([granted.status, granted.field('count')]).to.deep.equal([200, 1]);
    expect((await post(path, { from: copy })).field('code')).to.equal('CONFLICT_SAME_ENVIRONMENT');
    const project = id(await post('/projects', { name: 'Elsewhere' }));
    const elsewhere = (await ask(`/environments?project=${project}`)).field('items', 0, 'id');
    expect((await post(path, { from: elsewhere })).status).to.equal(404);
    expect((await ask(path, { method: 'POST', organisation: 'other', body: from })).status).to.equal(404);
  });

  it('is not made of an environment of another organisation', async () => {
    const path = `/environments/${environment}/duplicate`;
    const answer = await ask(path, { method: 'POST', organisation: 'other', body: { name: 'Theirs' } });
    expect(answer.status).to.equal(404);
  });
});
