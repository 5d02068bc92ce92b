import { expect } from 'chai';
import { asking, id, startShop, tokenMaker } from './shop-fixture.test.ts';
import type { Shop } from './shop-fixture.test.ts';

interface Shown {
  readonly id: string;
  readonly slug: string;
  readonly conflict: boolean;
  readonly variable: { readonly name: string; readonly action: string; readonly after: string | null } | null;
  readonly spec: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[] | null;
}

describe('staged changes', function () {
  this.timeout(60_000);
  let test: Shop['test'];
  let ours: Shop['ours'];
  let environment: string;
  const ask = (...of: Parameters<ReturnType<typeof asking>['ask']>) => asking(test).ask(...of);
  const post = (path: string, body: object) => asking(test).post(path, body);
  const service = async (name: string) => id(await post('/services', { environment, name }));
  const stage = async (...changes: object[]) => {
    const answer = await post('/changes', { environment, changes });
    expect(answer.status, answer.text).to.equal(201);
    return answer.field('items') as Shown[];
  };
  const staged = async () => (await ask(`/changes?environment=${environment}`)).field('items') as Shown[];
  const apply = (body: object = {}) => post('/changes/apply', { environment, deploy: false, ...body });
  const values = async (of: string) =>
    (await asking(test).projects().variables({ service: of, revision: null }, { principal: ours })).variables;
  const specOf = async (of: string) =>
    (await asking(test).projects().spec({ service: of, revision: null }, { principal: ours })).spec;

  before(async () => {
    ({ test, ours, environment } = await startShop());
  });
  after(() => test?.stop());
  afterEach(() => ask(`/changes?environment=${environment}`, { method: 'DELETE' }));

  it('change nothing until they are applied, then everything with one revision', async () => {
    const [web, db] = [await service('web'), await service('db')];
    await stage(
      { variable: { service: web, name: 'DATABASE_URL', value: '${{db.URL}}' } },
      { variable: { service: db, name: 'URL', value: 'postgres://hush', kind: 'secret' } },
      { spec: { service: web, patch: { replicas: 2, health: { kind: 'http' } } } },
      { text: { service: db, text: 'A=1\nB=2\n', merge: true } },
    );
    await stage({ spec: { service: web, patch: { health: { path: '/up' } } } });
    const shown = await staged();
    expect(shown).to.have.lengthOf(5);
    expect(JSON.stringify(shown)).not.to.contain('hush');
    expect(shown.find((one) => one.spec)?.spec).to.have.deep.members([
      { path: '/replicas', before: 1, after: 2 },
      { path: '/health/kind', before: 'tcp', after: 'http' },
      { path: '/health/path', before: '/', after: '/up' },
    ]);
    expect(await values(web)).to.deep.equal({});
    const before = await asking(test).revisions(web);
    const applied = await apply();
    expect(applied.field('count')).to.equal(5);
    const revised = applied.field('revised') as { service: string; after: string[] }[];
    expect(revised.map((one) => one.service)).to.deep.equal([db, web]);
    expect(revised[1]?.after).to.deep.equal([db]);
    expect(await values(web)).to.deep.equal({ DATABASE_URL: 'postgres://hush' });
    expect(await values(db)).to.deep.equal({ A: '1', B: '2', URL: 'postgres://hush' });
    expect((await specOf(web)).health).to.include({ kind: 'http', path: '/up' });
    expect(await asking(test).revisions(web)).to.equal(before + 1);
    expect(await staged()).to.deep.equal([]);
  });

  it('are dropped one by one or all at once, and applied in part', async () => {
    const made = await service('parts');
    const [a, b] = await stage(
      { variable: { service: made, name: 'A', value: '1' } },
      { variable: { service: made, name: 'B', value: '2' } },
      { variable: { service: made, name: 'C', value: '3' } },
      { variable: { service: made, name: 'D', value: '4' } },
    );
    expect((await ask(`/changes/${a?.id ?? ''}`, { method: 'DELETE' })).status).to.equal(200);
    expect((await apply({ ids: [b?.id] })).field('count')).to.equal(1);
    expect(await values(made)).to.deep.equal({ B: '2' });
    await stage({ variable: { service: made, name: 'C', value: '33' } });
    expect((await staged()).map((one) => one.variable?.after)).to.have.members(['33', '4']);
    await ask(`/changes?environment=${environment}`, { method: 'DELETE' });
    expect(await staged()).to.deep.equal([]);
    expect((await apply({ ids: [b?.id] })).status).to.equal(404);
  });

  it('say when what they were made from has changed, and are not applied over it unasked', async () => {
    const made = await service('contested');
    const colour = id(await post('/variables', { service: made, name: 'COLOUR', value: 'red' }));
    await stage(
      { variable: { service: made, name: 'COLOUR', value: 'blue' } },
      { spec: { service: made, patch: { replicas: 3, health: { retries: 5, path: '/up' }, start: { port: 80 } } } },
    );
    await asking(test).patch(`/services/${made}`, { spec: { watchMs: 1000 } });
    expect((await staged()).map((one) => one.conflict)).to.deep.equal([false, false]);
    await asking(test).patch(`/variables/${colour}`, { value: 'green' });
    await asking(test).patch(`/services/${made}`, { spec: { replicas: 4 } });
    expect((await staged()).map((one) => one.conflict)).to.deep.equal([true, true]);
    const refused = await apply();
    expect([refused.status, refused.field('code')]).to.deep.equal([409, 'CONFLICT_CHANGED']);
    expect(String(refused.field('detail'))).to.contain('contested.COLOUR, the settings of contested');
    expect(await values(made)).to.deep.equal({ COLOUR: 'green' });
    await stage({ variable: { service: made, name: 'COLOUR', value: 'blue' } });
    expect((await staged()).map((one) => one.conflict)).to.have.members([true, false]);
    expect((await apply({ overwrite: true })).field('count')).to.equal(2);
    expect(await values(made)).to.deep.equal({ COLOUR: 'blue' });
    expect(await specOf(made)).to.include({ replicas: 3, watchMs: 1000 });
  });

  it('are all applied or none', async () => {
    const [one, two] = [await service('one'), await service('two')];
    await stage(
      { variable: { service: one, name: 'A', value: '1' } },
      { spec: { service: two, patch: { replicas: 2 } } },
    );
    await ask(`/services/${two}?confirm=two`, { method: 'DELETE' });
    expect(await staged()).to.have.lengthOf(1);
    await stage({ variable: { service: one, name: 'B', value: '1' } });
    await post('/variables', { service: one, name: 'B', value: 'faster' });
    expect((await apply()).status).to.equal(409);
    expect(await values(one)).to.deep.equal({ B: 'faster' });
  });

  it('may be given at once, and leave alone what others have staged', async () => {
    const made = await service('direct');
    await stage(
      { variable: { service: made, name: 'A', value: 'staged' } },
      { spec: { service: made, patch: { replicas: 5 } } },
    );
    const applied = await apply({
      changes: [
        { variable: { service: made, name: 'B', value: 'direct' } },
        { spec: { service: made, patch: { watchMs: 2000 } } },
      ],
    });
    expect(applied.field('count')).to.equal(2);
    expect(await values(made)).to.deep.equal({ B: 'direct' });
    expect(await specOf(made)).to.include({ replicas: 1, watchMs: 2000 });
    expect(await staged()).to.have.lengthOf(2);
  });

  it('of a text of thousands of lines are staged and applied at once', async () => {
    const made = await service('large');
    const text = Array.from({ length: 3000 }, (_, at) => `NAME_${at}=value ${at}`).join('\n');
    await stage({ text: { service: made, text } });
    const page = await ask(`/changes?environment=${environment}&limit=2`);
    expect([page.field('total'), (page.field('items') as Shown[]).length]).to.deep.equal([3000, 2]);
    expect((await apply()).field('count')).to.equal(3000);
    expect(await values(made)).to.include({ NAME_0: 'value 0', NAME_2999: 'value 2999' });
  });

  it('keep their secrets sealed, and are refused where a direct change would be', async () => {
    const made = await service('kept');
    const answers = [
      await post('/changes', {
        environment,
        changes: [{ variable: { service: made, name: 'KEY', value: 'open sesame', kind: 'sealed' } }],
      }),
      await ask(`/changes?environment=${environment}`),
    ];
    for (const answer of answers) expect(answer.text).not.to.contain('sesame');
    const client = await test.database.pool.connect();
    await client.query(`select set_config('containr.organisation', '*', false)`);
    const { rows } = await client.query('select * from plugin_projects.changes');
    client.release(true);
    expect(rows).to.have.lengthOf(1);
    expect(JSON.stringify(rows)).not.to.contain('sesame');
    const wrong = await post('/changes', {
      environment,
      changes: [{ spec: { service: made, patch: { replicas: -1 } } }],
    });
    expect(wrong.status).to.equal(422);
    const tokenFor = await tokenMaker(test);
    const token = await tokenFor('service:read', 'variable:write');
    const ours = (method: string, path: string, body?: object) =>
      test.request(`/api/v1${path}`, { method, token, ...(body ? { body } : {}) });
    const listed = await ours('GET', `/changes?environment=${environment}`);
    expect(listed.status).to.equal(200);
    expect((await ours('POST', '/changes/apply', { environment, deploy: false })).field('code')).to.equal('FORBIDDEN');
    expect((await ours('POST', '/changes/apply', { environment })).field('code')).to.equal('FORBIDDEN');
    const spec = { environment, changes: [{ spec: { service: made, patch: { replicas: 2 } } }] };
    expect((await ours('POST', '/changes', spec)).field('code')).to.equal('FORBIDDEN');
    const reader = await tokenFor('service:read');
    expect(
      (await test.request(`/api/v1/changes?environment=${environment}`, { method: 'DELETE', token: reader })).status,
    ).to.equal(403);
    expect((await apply()).field('count')).to.equal(1);
    expect(await values(made)).to.deep.equal({ KEY: 'open sesame' });
  });

  it('of another organisation can neither be seen, made, applied nor dropped', async () => {
    const made = await service('private');
    const [change] = await stage({ variable: { service: made, name: 'A', value: '1' } });
    const change2 = { variable: { service: made, name: 'B', value: '1' } };
    for (const [method, path, body] of [
      ['GET', `/changes?environment=${environment}`, undefined],
      ['POST', '/changes', { environment, changes: [change2] }],
      ['POST', '/changes/apply', { environment, deploy: false }],
      ['POST', '/changes/apply', { environment, ids: [change?.id], deploy: false }],
      ['DELETE', `/changes?environment=${environment}`, undefined],
      ['DELETE', `/changes/${change?.id ?? ''}`, undefined],
    ] as const) {
      const answer = await ask(path, { method, organisation: 'other', ...(body ? { body } : {}) });
      expect(answer.status, `${method} ${path}`).to.equal(404);
    }
    const theirs = await ask('/projects', { method: 'POST', organisation: 'other', body: { name: 'Theirs' } });
    const place = await ask(`/environments?project=${id(theirs)}`, { organisation: 'other' });
    const foreign = { environment: place.field('items', 0, 'id'), changes: [change2] };
    expect((await ask('/changes', { method: 'POST', organisation: 'other', body: foreign })).status).to.equal(404);
    expect(await staged()).to.have.lengthOf(1);
    const elsewhere = id(
      await post('/environments', {
        project: String((await ask(`/environments/${environment}`)).field('project')),
        name: 'Elsewhere',
      }),
    );
    expect((await post('/changes', { environment: elsewhere, changes: [change2] })).status).to.equal(404);
  });
});
