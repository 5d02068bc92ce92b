import { expect } from 'chai';
import { asking, id, startShop } from './shop-fixture.test.ts';
import type { Shop } from './shop-fixture.test.ts';

describe('services of a project', function () {
  this.timeout(60_000);
  let test: Shop['test'];
  let ours: Shop['ours'];
  let project: string;
  let environment: string;
  const ask = (...of: Parameters<ReturnType<typeof asking>['ask']>) => asking(test).ask(...of);
  const post = (path: string, body: object) => asking(test).post(path, body);
  const patch = (...of: Parameters<ReturnType<typeof asking>['patch']>) => asking(test).patch(...of);
  const revisions = (of: string) => asking(test).revisions(of);
  const projects = () => asking(test).projects();
  const service = async (name: string, more: object = {}) =>
    id(await post('/services', { environment, name, ...more }));

  before(async () => {
    ({ test, ours, project, environment } = await startShop());
  });
  after(() => test?.stop());

  describe('services', () => {
    it('are made with every default and a first revision', async () => {
      const made = await service('Web', { spec: { replicas: 2, start: { port: 3000 } } });
      const answer = await ask(`/services/${made}`);
      expect(answer.json).to.deep.include({
        slug: 'web',
        kind: 'web',
        revision: 1,
        status: { state: 'stopped', replicas: { desired: 2, ready: 0 } },
      });
      const specs = await ask(`/specs?service=${made}`);
      expect(specs.field('items', 0, 'spec', 'start')).to.deep.equal({ command: null, port: 3000 });
      expect(specs.field('items', 0, 'spec', 'source', 'branch')).to.equal('main');
      expect([specs.field('items', 0, 'createdBy'), specs.field('items', 0, 'reason')]).to.deep.equal([
        'console',
        'created',
      ]);
    });

    it('get a revision for another spec, none for the same', async () => {
      const made = await service('Patched');
      expect(
        (await patch(`/services/${made}`, { spec: { replicas: 3, build: { builder: 'dockerfile' } } })).field(
          'revision',
        ),
      ).to.equal(2);
      expect((await patch(`/services/${made}`, { spec: { replicas: 3 } })).field('revision')).to.equal(2);
      expect((await patch(`/services/${made}`, { name: 'Renamed' })).json).to.include({
        revision: 2,
        name: 'Renamed',
        slug: 'patched',
      });
      expect((await patch(`/services/${made}`, { spec: { replicas: null } })).field('revision')).to.equal(3);
      const specs = await ask(`/specs?service=${made}&limit=1`);
      expect([
        specs.field('items', 0, 'spec', 'replicas'),
        specs.field('items', 0, 'spec', 'build', 'builder'),
      ]).to.deep.equal([1, 'dockerfile']);
      expect(await revisions(made)).to.equal(3);
      const { revision, spec } = await projects().spec({ service: made, revision: 2 }, { principal: ours });
      expect([revision, spec.replicas]).to.deep.equal([2, 3]);
    });

    it('say which field of a spec is wrong, and keep the old one', async () => {
      const made = await service('Wrong');
      for (const [spec, path] of [
        [{ replicas: -1 }, '/replicas'],
        [{ surprise: 1 }, '/surprise'],
        [{ source: { rootDirectory: '../etc' } }, '/spec/source/rootDirectory'],
        [{ source: { rootDirectory: '/etc' } }, '/spec/source/rootDirectory'],
        [{ source: { branch: 'a..b' } }, '/spec/source/branch'],
        [{ source: { branch: '-x y' } }, '/spec/source/branch'],
        [{ build: { dockerfile: '../../Dockerfile' } }, '/spec/build/dockerfile'],
        [{ source: { kind: 'image' } }, '/spec/source/image'],
      ] as const) {
        const answer = await patch(`/services/${made}`, { spec });
        expect([answer.status, answer.field('errors', 0, 'path')], JSON.stringify(spec)).to.deep.equal([422, path]);
      }
      expect(await revisions(made)).to.equal(1);
    });

    it('take a change only for the version that was read', async () => {
      const made = await service('Tagged');
      const etag = String((await ask(`/services/${made}`)).headers['etag']);
      const first = await patch(`/services/${made}`, { spec: { replicas: 2 } }, { 'if-match': etag });
      expect(first.status).to.equal(200);
      const second = await patch(`/services/${made}`, { spec: { replicas: 3 } }, { 'if-match': etag });
      expect([second.status, second.field('code')]).to.deep.equal([412, 'STALE']);
      expect(
        (await patch(`/services/${made}`, { spec: { replicas: 3 } }, { 'if-match': String(first.headers['etag']) }))
          .status,
      ).to.equal(200);
    });

    it('keep every revision when changes come at once', async () => {
      const made = await service('Busy');
      const answers = await Promise.all(
        [2, 3, 4, 5, 6].map((replicas) => patch(`/services/${made}`, { spec: { replicas } })),
      );
      expect(answers.map((one) => one.status)).to.deep.equal([200, 200, 200, 200, 200]);
      expect(answers.map((one) => Number(one.field('revision'))).sort()).to.deep.equal([2, 3, 4, 5, 6]);
    });

    it('are deleted with the right confirmation only', async () => {
      const made = await service('Doomed');
      await post('/variables', { service: made, name: 'A', value: '1' });
      for (const query of ['', '?confirm=other'])
        expect((await ask(`/services/${made}${query}`, { method: 'DELETE' })).field('code')).to.equal(
          'CONFLICT_CONFIRM',
        );
      expect((await ask(`/services/${made}?confirm=doomed`, { method: 'DELETE' })).status).to.equal(200);
      expect((await ask(`/services/${made}`)).status).to.equal(404);
      expect((await ask(`/specs?service=${made}`)).status).to.equal(404);
      expect(await service('Doomed')).not.to.equal(made);
    });

    it('are found by their path', async () => {
      const made = await service('Found');
      const wanted = { organisation: 'default', project: 'shop', environment: 'production', service: 'found' };
      const { path } = await projects().find(wanted, { principal: ours });
      expect(path).to.include({
        service: made,
        organisationSlug: 'default',
        projectSlug: 'shop',
        environmentSlug: 'production',
        serviceSlug: 'found',
      });
      expect((await projects().paths({ services: [made, project] }, { principal: ours })).paths).to.deep.equal([path]);
      for (const wrong of [{ service: 'lost' }, { project: 'lost' }, { organisation: 'lost' }]) {
        expect((await projects().find({ ...wanted, ...wrong }, { principal: ours })).path).to.equal(null);
      }
    });
  });

  describe('variables', () => {
    it('are revisions, so that an old revision has its old values', async () => {
      const made = await service('Configured');
      const colour = id(await post('/variables', { service: made, name: 'COLOUR', value: 'red' }));
      await patch(`/variables/${colour}`, { value: 'blue' });
      await patch(`/variables/${colour}`, { value: 'blue' });
      expect(await revisions(made)).to.equal(3);
      await ask(`/variables/${colour}`, { method: 'DELETE' });
      const at = async (revision: number | null) =>
        (await projects().variables({ service: made, revision }, { principal: ours })).variables;
      expect(await at(1)).to.deep.equal({});
      expect(await at(2)).to.deep.equal({ COLOUR: 'red' });
      expect(await at(3)).to.deep.equal({ COLOUR: 'blue' });
      expect(await at(null)).to.deep.equal({});
    });

    it("of a service win over its environment's, and these over its project's", async () => {
      const made = await service('Layered');
      const before = await revisions(made);
      const kept = [
        id(await post('/variables', { project, name: 'LAYER', value: 'project' })),
        id(await post('/variables', { environment, name: 'LAYER', value: 'environment' })),
      ];
      const { variables } = await projects().variables({ service: made, revision: null }, { principal: ours });
      expect(variables['LAYER']).to.equal('environment');
      expect(await revisions(made)).to.equal(before + 2);
      const own = id(await post('/variables', { service: made, name: 'LAYER', value: 'service' }));
      expect(
        (await projects().variables({ service: made, revision: null }, { principal: ours })).variables['LAYER'],
      ).to.equal('service');
      for (const one of [own, ...kept]) await ask(`/variables/${one}`, { method: 'DELETE' });
    });

    it('that are sealed are never shown, nor kept as they are', async () => {
      const made = await service('Sealed');
      const sealed = await post('/variables', { service: made, name: 'KEY', kind: 'sealed', value: 'open sesame' });
      const secret = await post('/variables', { service: made, name: 'URL', kind: 'secret', value: 'postgres://hush' });
      expect([sealed.field('value'), secret.field('value')]).to.deep.equal([null, 'postgres://hush']);
      const shown = [
        sealed,
        await ask(`/variables?service=${made}`),
        await patch(`/variables/${String(sealed.field('id'))}`, { value: 'open sesame 2' }),
        await ask(`/specs?service=${made}`),
      ];
      for (const answer of shown) expect(answer.text).not.to.contain('sesame');
      expect((await patch(`/variables/${String(sealed.field('id'))}`, { kind: 'plain' })).status).to.equal(422);
      expect((await ask(`/specs?service=${made}`)).text).not.to.contain('hush');
      const client = await test.database.pool.connect();
      await client.query(`select set_config('containr.organisation', '*', false)`);
      const { rows } = await client.query(
        'select value from plugin_projects.variables union all select variables::text from plugin_projects.revisions',
      );
      client.release(true);
      expect(rows.length).to.be.greaterThan(2);
      expect(JSON.stringify(rows)).not.to.contain('sesame').and.not.to.contain('hush');
      const opened = await projects().variables({ service: made, revision: null }, { principal: ours });
      expect(opened).to.deep.equal({
        variables: { KEY: 'open sesame 2', URL: 'postgres://hush' },
        build: {},
        secretNames: ['KEY', 'URL'],
      });
    });

    it('need a name that a process takes, one owner, and are there once', async () => {
      const made = await service('Named');
      for (const body of [
        { name: 'A-B', value: '' },
        { name: '1A', value: '' },
        { name: 'A', value: 'x\u0000y' },
        { name: 'A', value: '', environment },
      ]) {
        expect((await post('/variables', { service: made, ...body })).status, JSON.stringify(body)).to.equal(422);
      }
      expect((await post('/variables', { name: 'A', value: '' })).status).to.equal(422);
      await post('/variables', { service: made, name: 'A', value: '1' });
      expect((await post('/variables', { service: made, name: 'A', value: '1' })).field('code')).to.equal(
        'CONFLICT_NAME',
      );
    });
  });
});
