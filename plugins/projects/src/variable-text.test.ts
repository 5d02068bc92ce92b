import { expect } from 'chai';
import { asking, id, startShop, tokenMaker } from './shop-fixture.test.ts';
import type { Shop } from './shop-fixture.test.ts';

describe('variables as a text, and their history', function () {
  this.timeout(60_000);
  let test: Shop['test'];
  let ours: Shop['ours'];
  let environment: string;
  const ask = (...of: Parameters<ReturnType<typeof asking>['ask']>) => asking(test).ask(...of);
  const post = (path: string, body: object) => asking(test).post(path, body);
  const service = async (name: string) => id(await post('/services', { environment, name }));
  const put = (body: object) => ask('/variables/text', { method: 'PUT', body });
  const text = async (of: string) => String((await ask(`/variables/text?service=${of}`)).field('text'));
  const values = async (of: string) =>
    (await asking(test).projects().variables({ service: of, revision: null }, { principal: ours })).variables;

  before(async () => {
    ({ test, ours, environment } = await startShop());
  });
  after(() => test?.stop());

  it('keep comments, order and sealed values, and make one revision for a whole text', async () => {
    const made = await service('texted');
    await post('/variables', { service: made, name: 'KEY', kind: 'sealed', value: 'open sesame' });
    await post('/variables', { service: made, name: 'URL', kind: 'secret', value: 'postgres://hush' });
    const before = await text(made);
    expect(before).to.match(/^KEY=<sealed [0-9a-f]{4}-[0-9a-f]{4}>\nURL=postgres:\/\/hush\n$/);
    const revisions = await asking(test).revisions(made);
    const written = `# what this is for\nA=1\n\n${before}B="two\nlines" # remark\n`;
    const saved = await put({ service: made, text: written });
    expect(saved.json).to.deep.include({ changed: 2, revised: [made], warnings: [] });
    expect(await text(made)).to.equal(written);
    expect(await asking(test).revisions(made)).to.equal(revisions + 1);
    expect(await values(made)).to.deep.equal({ A: '1', B: 'two\nlines', KEY: 'open sesame', URL: 'postgres://hush' });
    const listed = await ask(`/variables?service=${made}`);
    expect(listed.text).not.to.contain('sesame');
    await put({ service: made, text: written.replace(/URL=.*\n/, '').replace('A=1', 'A=2') });
    expect(await values(made))
      .to.have.all.keys('A', 'B', 'KEY')
      .and.to.include({ A: '2' });
  });

  it('are compared before they are saved; what is secret only says that it changes', async () => {
    const made = await service('compared');
    await put({ service: made, text: 'A=1\nB=2\nC=3\n' });
    await post('/variables', { service: made, name: 'HUSH', kind: 'secret', value: 'old secret' });
    const answer = await post('/variables/text/compare', {
      service: made,
      text: 'A=1\nB=22\nD=4\nD=5\nHUSH=new secret\n',
    });
    expect(answer.json).to.deep.include({
      problems: [],
      warnings: [{ line: 4, message: 'D is set on line 3 already; this one holds' }],
    });
    expect(answer.text).not.to.match(/(old|new) secret/);
    const changes = answer.field('changes') as {
      name: string;
      action: string;
      before: string | null;
      after: string | null;
    }[];
    expect(changes.map((one) => [one.name, one.action, one.before, one.after])).to.deep.equal([
      ['B', 'changed', '2', '22'],
      ['D', 'added', null, '5'],
      ['HUSH', 'changed', null, null],
      ['C', 'removed', '3', null],
    ]);
    expect(await values(made)).to.include({ B: '2' });
  });

  it('are refused as a whole with the lines that are wrong, and when somebody else was faster', async () => {
    const made = await service('refused');
    const wrong = await put({ service: made, text: 'A=1\nnothing\nB=${{x\nC=<sealed dead-beef>\n' });
    expect(wrong.status).to.equal(422);
    expect((wrong.field('errors') as { path: string }[]).map((one) => one.path)).to.deep.equal([
      '/text/2',
      '/text/3',
      '/text/4',
    ]);
    expect(await values(made)).to.deep.equal({});
    const { version } = Object((await put({ service: made, text: 'A=1' })).json);
    await put({ service: made, text: 'B=1', merge: true });
    expect(await values(made)).to.deep.equal({ A: '1', B: '1' });
    expect((await put({ service: made, text: 'A=2', version })).field('code')).to.equal('STALE');
  });

  it('of thousands of lines are one version', async () => {
    const made = await service('large');
    const lines = Array.from({ length: 3000 }, (_, at) => `NAME_${at}=value ${at}`).join('\n');
    expect((await put({ service: made, text: lines })).json).to.include({ changed: 3000, version: 1 });
    expect((await put({ service: made, text: lines })).json).to.include({ changed: 0, version: 1 });
    expect(await values(made)).to.include({ NAME_0: 'value 0', NAME_2999: 'value 2999' });
  });

  it('have versions with who, what and when, and any of them comes back', async () => {
    const made = await service('historic');
    await put({ service: made, text: 'A=1\nB=1\n' });
    const hush = id(await post('/variables', { service: made, name: 'HUSH', kind: 'secret', value: 'first secret' }));
    await put({ service: made, text: 'A=2\nHUSH=second secret\nC=3\n' });
    await ask(`/variables/${hush}`, { method: 'DELETE' });
    const history = await ask(`/variables/history?service=${made}`);
    expect(history.text).not.to.match(/(first|second) secret/);
    const items = history.field('items') as {
      version: number;
      by: string;
      changes: { name: string; before: unknown }[];
    }[];
    expect(items.map((one) => one.version)).to.deep.equal([4, 3, 2, 1]);
    expect(items[1]?.changes.map((one) => one.name)).to.have.members(['A', 'B', 'C', 'HUSH']);
    expect(items.every((one) => one.by === ours.name)).to.equal(true);
    const restored = await post('/variables/restore', { service: made, version: 2 });
    expect(restored.json).to.include({ version: 5, changed: 4 });
    expect(await values(made)).to.deep.equal({ A: '1', B: '1', HUSH: 'first secret' });
    await post('/variables/restore', { service: made, version: 0 });
    expect(await values(made)).to.deep.equal({});
    await post('/variables/restore', { service: made, version: 4 });
    expect(await values(made)).to.deep.equal({ A: '2', C: '3' });
    expect((await post('/variables/restore', { service: made, version: 99 })).status).to.equal(404);
  });

  it('are another organisation’s to neither read nor write, and show values by permission', async () => {
    const made = await service('guarded');
    await put({ service: made, text: '# a comment\nA=open value\n' });
    for (const [method, path, body] of [
      ['GET', `/variables/text?service=${made}`, undefined],
      ['GET', `/variables/history?service=${made}`, undefined],
      ['POST', '/variables/text/compare', { service: made, text: '' }],
      ['PUT', '/variables/text', { service: made, text: '' }],
      ['POST', '/variables/restore', { service: made, version: 0 }],
    ] as const) {
      const answer = await ask(path, { method, organisation: 'other', ...(body ? { body } : {}) });
      expect(answer.status, path).to.equal(404);
    }
    const token = await (await tokenMaker(test))('service:read');
    const history = await test.request(`/api/v1/variables/history?service=${made}`, { token });
    expect(history.status).to.equal(200);
    expect(history.text).to.contain('"A"').and.not.to.contain('open value');
    expect((await test.request(`/api/v1/variables/text?service=${made}`, { token })).status).to.equal(403);
  });
});
