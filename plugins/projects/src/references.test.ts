import { expect } from 'chai';
import { asking, id, startShop, tokenMaker } from './shop-fixture.test.ts';
import type { Shop } from './shop-fixture.test.ts';

describe('references between services', function () {
  this.timeout(60_000);
  let test: Shop['test'];
  let ours: Shop['ours'];
  let environment: string;
  let project: string;
  const ask = (...of: Parameters<ReturnType<typeof asking>['ask']>) => asking(test).ask(...of);
  const post = (path: string, body: object) => asking(test).post(path, body);
  const service = async (name: string) => id(await post('/services', { environment, name }));
  const set = async (of: string, name: string, value: string, more: object = {}) =>
    id(await post('/variables', { service: of, name, value, ...more }));
  const opened = (of: string, revision: number | null = null) =>
    asking(test).projects().variables({ service: of, revision }, { principal: ours });
  const fails = (of: string) =>
    opened(of).then(
      () => 'opened',
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    );

  before(async () => {
    ({ test, ours, environment, project } = await startShop());
  });
  after(() => test?.stop());

  it('are followed, and make a revision of whoever reads what changed', async () => {
    const [db, web, other] = [await service('db'), await service('web'), await service('other')];
    const password = await set(db, 'PASSWORD', 'hush', { kind: 'secret' });
    await set(db, 'URL', 'postgres://app:${{PASSWORD}}@db/${{shared.NAME}}');
    const name = id(await post('/variables', { environment, name: 'NAME', value: 'shop' }));
    await set(web, 'DATABASE_URL', '${{ db.URL }}');
    expect(await opened(web)).to.deep.equal({
      variables: { DATABASE_URL: 'postgres://app:hush@db/shop', NAME: 'shop' },
      build: {},
      secretNames: ['DATABASE_URL'],
    });
    const before = await Promise.all([web, other].map((one) => asking(test).revisions(one)));
    await asking(test).patch(`/variables/${password}`, { value: 'quiet' });
    expect((await opened(web)).variables['DATABASE_URL']).to.equal('postgres://app:quiet@db/shop');
    expect(await Promise.all([web, other].map((one) => asking(test).revisions(one)))).to.deep.equal([
      (before[0] ?? 0) + 1,
      before[1],
    ]);
    const specs = (await ask(`/specs?service=${web}`)).field('items', 1, 'revision');
    expect((await opened(web, Number(specs))).variables['DATABASE_URL']).to.equal('postgres://app:hush@db/shop');
    await ask(`/variables/${name}`, { method: 'DELETE' });
    expect(await fails(web)).to.equal('VARIABLE_MISSING: db.URL refers to shared.NAME, and there is no such variable.');
  });

  it('know the service, its environment and its project', async () => {
    const named = await service('named');
    const reader = await service('reader');
    await set(reader, 'WHERE', '${{named.CONTAINR_PROJECT}}/${{named.CONTAINR_SERVICE}}@${{CONTAINR_ENVIRONMENT}}');
    expect((await opened(reader)).variables).to.include({ WHERE: 'shop/named@production' });
    await set(reader, 'ADDRESS', '${{named.CONTAINR_PUBLIC_URL}}');
    expect(await fails(reader))
      .to.contain('VARIABLE_MISSING')
      .and.to.contain('no public address');
    expect((await ask(`/services/${named}?confirm=named`, { method: 'DELETE' })).status).to.equal(200);
    expect(await fails(reader)).to.contain('there is no service named in this environment');
    await service('named');
    expect(await fails(reader)).to.contain('no public address');
  });

  it('are edges, with what does not work', async () => {
    const [from, to] = [await service('edge-from'), await service('edge-to')];
    await set(to, 'PORT_NAME', 'http');
    await set(from, 'A', '${{edge-to.PORT_NAME}}');
    await set(from, 'B', '${{edge-to.LOST}}');
    const answer = await ask(`/environments/${environment}/references`);
    const edges = (answer.field('edges') as { from: string; variable: string; problem: unknown }[]).filter(
      (edge) => edge.from === from,
    );
    expect(edges).to.have.lengthOf(2);
    expect(edges[0]).to.deep.equal({
      from,
      to,
      variable: 'A',
      scope: 'service',
      reference: { service: 'edge-to', name: 'PORT_NAME' },
      problem: null,
    });
    expect(edges[1]?.problem).to.include({ code: 'VARIABLE_MISSING' });
    const theirs = await ask(`/environments/${environment}/references`, { organisation: 'other' });
    expect(theirs.status).to.equal(404);
  });

  it('are refused where they are none, and where a sealed value would flow to who may not have it', async () => {
    const [vault, thief] = [await service('vault'), await service('thief')];
    const wrong = await post('/variables', { service: thief, name: 'A', value: 'x ${{ vault' });
    expect([wrong.status, wrong.field('errors', 0, 'path')]).to.deep.equal([422, '/value']);
    const literal = await post('/variables', { service: thief, name: 'A', value: '$${{ vault }}' });
    expect(literal.field('references')).to.deep.equal([]);
    expect((await opened(thief)).variables['A']).to.equal('${{ vault }}');
    const token = await (await tokenMaker(test))('variable:write');
    const write = (name: string, value: string) =>
      test.request('/api/v1/variables', { method: 'POST', token, body: { service: thief, name, value } });
    expect((await write('EARLY', '${{vault.KEY}}')).status).to.equal(201);
    await set(vault, 'KEY', 'sesame', { kind: 'sealed' });
    expect(await fails(thief)).to.contain('REFERENCE_REFUSED: thief.EARLY refers to the sealed variable vault.KEY');
    const late = await write('LATE', '${{vault.KEY}}');
    expect([late.status, late.field('code')]).to.deep.equal([403, 'FORBIDDEN']);
    const early = String((await ask(`/variables?service=${thief}&search=EARLY`)).field('items', 0, 'id'));
    await asking(test).patch(`/variables/${early}`, { value: 'x${{vault.KEY}}' });
    expect((await opened(thief)).variables['EARLY']).to.equal('xsesame');
    expect((await opened(thief)).secretNames).to.include('EARLY');
  });

  it('give builds what is for builds, and never what is secret', async () => {
    const built = await service('built');
    await set(built, 'BOTH', '1', { available: 'both' });
    await set(built, 'VITE_TITLE', 'shop');
    await set(built, 'UNSAID', '0');
    await set(built, 'ONLY_BUILD', '2', { available: 'build' });
    await set(built, 'ONLY_RUN', '3', { available: 'run' });
    await set(built, 'HUSH', '4', { kind: 'secret' });
    await set(built, 'MADE_OF_IT', '${{HUSH}}', { available: 'both' });
    const { variables, build } = await opened(built);
    expect(variables)
      .to.include({ BOTH: '1', ONLY_RUN: '3', HUSH: '4', MADE_OF_IT: '4' })
      .and.not.to.have.property('ONLY_BUILD');
    expect(build).to.include({ BOTH: '1', ONLY_BUILD: '2', VITE_TITLE: 'shop' });
    for (const name of ['UNSAID', 'ONLY_RUN', 'HUSH', 'MADE_OF_IT']) expect(build).not.to.have.property(name);
    const refused = await post('/variables', {
      service: built,
      name: 'X',
      value: '',
      kind: 'secret',
      available: 'build',
    });
    expect(refused.status).to.equal(422);
    await set(built, 'FOR_BUILD', '${{HUSH}}', { available: 'build' });
    expect(await fails(built)).to.contain('REFERENCE_REFUSED');
  });

  it('of a project reach every environment of it', async () => {
    const stage = id(await post('/environments', { project, name: 'Stage' }));
    const api = id(await post('/services', { environment: stage, name: 'api' }));
    id(await post('/variables', { project, name: 'GREETING', value: 'hello from ${{CONTAINR_ENVIRONMENT}}' }));
    expect((await opened(api)).variables['GREETING']).to.equal('hello from stage');
  });
});
