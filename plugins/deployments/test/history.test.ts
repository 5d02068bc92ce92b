import { expect } from 'chai';
import { validate } from '@containr/sdk/host';
import { Comparison, Statistics } from '../src/history/documents.ts';
import { app } from './app.ts';
import { field, Install } from './install.ts';

describe('the history of deployments', function () {
  this.timeout(120_000);
  let install: Install;
  let service: string;
  let one: string;
  let two: string;

  before(async () => {
    install = await Install.start();
    service = await install.service();
    const variable = (name: string, value: string, kind: string): Promise<unknown> =>
      install.ask('/variables', { method: 'POST', body: { service, name, value, kind } }, 201);
    await variable('LEVEL', 'low', 'plain');
    await variable('TOKEN', 'canary-one', 'sealed');
    one = await install.deploy(service, app('one'));
    await install.reaches(one, 'live');
    const items = field(await install.ask(`/variables?service=${service}`), 'items') as { id: string; name: string }[];
    for (const [name, value] of [
      ['LEVEL', 'high'],
      ['TOKEN', 'canary-two'],
    ])
      await install.ask(`/variables/${items.find((row) => row.name === name)?.id}`, {
        method: 'PATCH',
        body: { value },
      });
    await install.ask(`/services/${service}`, { method: 'PATCH', body: { spec: { watchMs: 400 } } });
    two = await install.deploy(service, app('two'));
    await install.reaches(two, 'live');
    const failing = await install.deploy(service, { 'plan.json': '{"build":["exit 3"],"start":"true"}' });
    await install.reaches(failing, 'failed').catch(() => undefined);
  });
  after(() => install?.stop());

  const compare = async (path: string): Promise<Comparison> =>
    validate<Comparison>(Comparison, await install.ask(path), 'The comparison');

  it('compares two of them, and tells nothing of what is sealed', async () => {
    const found = await compare(`/deployments/${two}/compare?with=${one}`);
    expect([found.from.number, found.to.number]).to.deep.equal([1, 2]);
    expect(found.spec).to.deep.equal([{ path: '/watchMs', before: 500, after: 400 }]);
    expect(found.source.map(({ path }) => path)).to.deep.equal(['/treeHash']);
    expect(found.variables.map(({ name, before, after }) => ({ name, before, after }))).to.deep.equal([
      { name: 'LEVEL', before: 'low', after: 'high' },
      { name: 'TOKEN', before: null, after: null },
    ]);
    expect(found.artifact.same).to.equal(false);
    expect(found.phases.find(({ name }) => name === 'build')?.afterMs).to.be.a('number');
    expect(JSON.stringify(found)).not.to.include('canary');
  });

  it('shows before a rollback, and a roll-forward after it, what they would change', async () => {
    const back = await compare(`/deployments/${one}/compare`);
    expect([back.from.number, back.to.number]).to.deep.equal([2, 1]);
    expect(back.way).to.deep.equal({ direction: 'back', artifact: 'ready' });
    expect(back.spec).to.deep.equal([{ path: '/watchMs', before: 400, after: 500 }]);
    expect((await compare(`/deployments/${two}/compare?with=${one}`)).way, 'it serves').to.equal(null);
  });

  it('refuses to compare what says nothing', async () => {
    const other = await install.deploy(await install.service(), app('x'));
    const answer = await install.test.console(`/deployments/${two}/compare?with=${other}`, { organisation: 'default' });
    expect([answer.status, answer.field('code')]).to.deep.equal([409, 'CONFLICT_OTHER_SERVICE']);
  });

  it('counts how they went, per phase, service and user', async () => {
    const read = async (by: string): Promise<Statistics> =>
      validate<Statistics>(
        Statistics,
        await install.ask(`/deployments/statistics?service=${service}&by=${by}`),
        'The statistics',
      );
    const found = await read('service');
    expect([found.total, found.good, found.failed]).to.deep.equal([3, 2, 1]);
    expect(found.successRate).to.be.closeTo(2 / 3, 0.001);
    const build = found.phases.find(({ name }) => name === 'build');
    expect(build?.count).to.equal(2);
    expect(build?.p95Ms).to.be.at.least(build?.p50Ms ?? Infinity);
    expect(found.groups.map(({ name, total }) => ({ name, total }))).to.deep.equal([
      { name: 'app@production', total: 3 },
    ]);
    expect((await read('user')).groups).to.have.length(1);
    const empty = await install.ask(`/deployments/statistics?since=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z`);
    expect([field(empty, 'total'), field(empty, 'successRate')]).to.deep.equal([0, null]);
  });

  it('is exported as CSV and line by line, for who may read it', async () => {
    const take = (format: string) =>
      install.test.console(`/deployments/export?format=${format}&service=${service}`, { organisation: 'default' });
    const csv = (await take('csv')).text.split('\r\n');
    expect(csv[0]).to.match(/^id,number,project,/);
    expect(csv.slice(1, 4).map((line) => line.split(',')[1])).to.deep.equal(['1', '2', '3']);
    const lines = (await take('ndjson')).text.trim().split('\n');
    expect(lines.map((line) => field(JSON.parse(line), 'number'))).to.deep.equal([1, 2, 3]);
    expect((await take('xml')).status).to.equal(422);
    expect((await install.test.request('/api/v1/deployments/export')).status).to.equal(401);
  });
});
