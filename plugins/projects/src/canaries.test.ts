import { expect } from 'chai';
import { asking, id, startShop, tokenMaker } from './shop-fixture.test.ts';
import type { Shop } from './shop-fixture.test.ts';

/** A text as it might leak: as it is, and in the forms that tools put it in. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, -4),
  );
  return [text, bytes.toString('hex'), encodeURIComponent(text), JSON.stringify(text).slice(1, -1), ...base64];
}

describe('secrets in every place that takes one', function () {
  this.timeout(60_000);
  let test: Shop['test'];
  let environment: string;
  let project: string;
  const canaries: string[] = [];
  const canary = () => {
    const text = `canary-${canaries.length}/<&">ä-${'0123456789abcdef'.repeat(2)}`;
    canaries.push(text);
    return text;
  };
  const ask = (...of: Parameters<ReturnType<typeof asking>['ask']>) => asking(test).ask(...of);
  const post = (path: string, body: object) => asking(test).post(path, body);
  const found = (text: string) => canaries.filter((one) => formsOf(one).some((form) => text.includes(form)));
  const service = async (name: string) => id(await post('/services', { environment, name }));
  let web: string;
  let token: string;

  before(async () => {
    ({ test, environment, project } = await startShop());
    token = await (await tokenMaker(test))('service:read', 'project:read');
    web = await service('web');
    for (const owner of [{ service: web }, { environment }, { project }]) {
      for (const kind of ['secret', 'sealed']) {
        const made = id(await post('/variables', { ...owner, name: `A_${kind}`, kind, value: canary() }));
        await asking(test).patch(`/variables/${made}`, { value: canary() });
      }
      const change = { ...owner, name: 'STAGED', kind: 'sealed', value: canary() };
      await post('/changes', { environment, changes: [{ variable: change }] });
    }
    const sealed = await ask('/variables/text', {
      method: 'PUT',
      body: {
        service: web,
        merge: true,
        kind: 'sealed',
        text: `# was ${canary()}\nTEXT="${canary().replaceAll('"', '\\"')}"\n`,
      },
    });
    expect(sealed.status, sealed.text).to.equal(200);
    await post('/variables', {
      service: await service('reader'),
      name: 'READS',
      value: '${{web.A_sealed}} ${{shared.A_secret}}',
    });
  });
  after(() => test?.stop());

  const paths = () => [
    `/variables?service=${web}`,
    `/variables?environment=${environment}`,
    `/variables/history?service=${web}`,
    `/variables/history?project=${project}`,
    `/changes?environment=${environment}`,
    `/environments/${environment}/references`,
    `/specs?service=${web}`,
    `/services/${web}`,
    '/services',
  ];

  it('are in no answer to who may not read variables', async () => {
    expect(canaries).to.have.lengthOf(17);
    for (const path of paths()) {
      const answer = await test.request(`/api/v1${path}`, { token });
      expect(answer.status, path).to.equal(200);
      expect(found(answer.text), path).to.deep.equal([]);
    }
  });

  it('are in the answers to an owner only where they are secrets that may be read', async () => {
    for (const path of paths().filter((one) => !one.startsWith('/variables?')))
      expect(found((await ask(path)).text), path).to.deep.equal([]);
    const listed = await ask(`/variables?service=${web}`);
    expect(found(listed.text)).to.deep.equal([canaries[1]]);
  });

  it('are in no error, neither of what is refused nor of what can not be opened', async () => {
    for (const body of [
      { service: web, name: 'A-B', kind: 'secret', value: canary() },
      { service: web, name: 'B', kind: 'secret', value: `${canary()} \${{` },
      { service: web, name: 'A_secret', kind: 'secret', value: canary() },
    ]) {
      const refused = await post('/variables', body);
      expect(refused.status).to.be.oneOf([409, 422]);
      expect(found(refused.text)).to.deep.equal([]);
    }
    const text = await ask('/variables/text', { method: 'PUT', body: { service: web, text: `A="${canary()}\nB\n` } });
    expect(found(text.text)).to.deep.equal([]);
  });

  it('are nowhere in the database as they are', async () => {
    const client = await test.database.pool.connect();
    await client.query(`select set_config('containr.organisation', '*', false)`);
    const { rows } = await client.query<{ name: string }>(
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const texts = [];
    for (const { name } of rows) texts.push((await client.query(`select one::text from ${name} as one`)).rows);
    client.release(true);
    expect(rows.length).to.be.greaterThan(10);
    expect(found(JSON.stringify(texts))).to.deep.equal([]);
    expect(
      found(
        texts
          .flat()
          .map((row: { one: string }) => row.one)
          .join('\n'),
      ),
    ).to.deep.equal([]);
  });
});
