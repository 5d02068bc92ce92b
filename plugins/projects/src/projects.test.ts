import { expect } from 'chai';
import type { Principal } from '@containr/sdk';
import type { Answer, Ask, TestPlatform } from '@containr/testing';
import { startTestPlatform, until } from '@containr/testing';
import { Setup } from '@containr/plugin-auth/contract';
import { Projects } from './contract.ts';

const otherOrganisation = '01900000-0000-7000-8000-000000000001';

describe('projects', function () {
  this.timeout(60_000);
  let test: TestPlatform;
  let ours: Principal;
  let project = '';
  let environment = '';

  const ask = (path: string, options: Ask = {}) => test.console(path, { organisation: 'default', ...options });
  const post = (path: string, body: object) => ask(path, { method: 'POST', body });
  const patch = (path: string, body: object, headers: Record<string, string> = {}) => ask(path, { method: 'PATCH', body, headers });
  const projects = () => test.platform.services.get(Projects);

  function id(answer: Answer): string {
    expect(answer.status, answer.text).to.be.oneOf([200, 201]);
    return String(answer.field('id'));
  }

  async function service(name: string, more: object = {}): Promise<string> {
    return id(await post('/services', { environment, name, ...more }));
  }

  async function revisions(of: string): Promise<number> {
    const items = (await ask(`/specs?service=${of}`)).field('items');
    return Array.isArray(items) ? items.length : -1;
  }

  before(async () => {
    test = await startTestPlatform({ plugins: ['projects'] });
    await test.database.pool.query(`insert into plugin_auth.organisations values ($1, 'other', 'Other', now())`, [otherOrganisation]);
    const { rows } = await test.database.pool.query(`select id from plugin_auth.organisations where slug = 'default'`);
    ours = { ...test.platform.console, organisation: rows[0].id };
    const made = await post('/projects', { name: 'Shop' });
    project = id(made);
    environment = String((await ask(`/environments?project=${project}`)).field('items', 0, 'id'));
  });
  after(() => test?.stop());

  describe('projects and environments', () => {
    it('a new project has production', async () => {
      expect((await ask(`/projects/${project}`)).json).to.include({ slug: 'shop', name: 'Shop', environments: 1, services: 0 });
      expect((await ask(`/environments?project=${project}`)).field('items', 0, 'kind')).to.equal('production');
    });

    it('slugs are unique in their parent, with a hint', async () => {
      const again = await post('/projects', { name: 'shop' });
      expect([again.status, again.field('code'), again.field('hint')]).to.deep.equal([409, 'CONFLICT_SLUG', 'Choose another slug, "shop-2" for example.']);
      expect((await post('/environments', { project, name: 'Production' })).field('code')).to.equal('CONFLICT_SLUG');
    });

    it('refuses fields that it does not know', async () => {
      const answer = await post('/projects', { name: 'x', colour: 'red' });
      expect([answer.status, answer.field('errors', 0, 'path')]).to.deep.equal([422, '/colour']);
      expect((await post('/projects', { name: ' ' })).status).to.equal(422);
    });

    it('pages without losing or repeating anything, in both orders', async () => {
      for (let n = 0; n < 5; n += 1) await post('/environments', { project, name: `Stage ${n % 2}`, slug: `stage-${n}` });
      for (const sort of ['name', '-name', 'createdAt', '-createdAt']) {
        const seen: string[] = [];
        let cursor = '';
        do {
          const page = await ask(`/environments?project=${project}&search=STAGE&limit=2&sort=${sort}${cursor}`);
          expect(page.status, page.text).to.equal(200);
          const items = page.field('items');
          seen.push(...(Array.isArray(items) ? items.map((one) => String(one.slug)) : []));
          cursor = page.field('nextCursor') === null ? '' : `&cursor=${String(page.field('nextCursor'))}`;
        } while (cursor !== '');
        expect([...seen].sort(), sort).to.deep.equal(['stage-0', 'stage-1', 'stage-2', 'stage-3', 'stage-4']);
      }
    });

    it('refuses a cursor of another order, and a sort that there is not', async () => {
      const { nextCursor } = Object(( await ask(`/environments?limit=1&sort=name`)).json);
      expect((await ask(`/environments?sort=createdAt&cursor=${nextCursor}`)).status).to.equal(422);
      expect((await ask('/environments?cursor=zzz')).status).to.equal(422);
      expect((await ask('/environments?sort=organisation')).status).to.equal(422);
    });

    it('takes a search text as text', async () => {
      expect((await ask('/environments?search=%25')).field('items')).to.deep.equal([]);
    });
  });

  describe('services', () => {
    it('are made with every default and a first revision', async () => {
      const made = await service('Web', { spec: { replicas: 2, start: { port: 3000 } } });
      const answer = await ask(`/services/${made}`);
      expect(answer.json).to.deep.include({ slug: 'web', kind: 'web', revision: 1, status: { state: 'stopped', replicas: { desired: 2, ready: 0 } } });
      const specs = await ask(`/specs?service=${made}`);
      expect(specs.field('items', 0, 'spec', 'start')).to.deep.equal({ command: null, port: 3000 });
      expect(specs.field('items', 0, 'spec', 'source', 'branch')).to.equal('main');
      expect([specs.field('items', 0, 'createdBy'), specs.field('items', 0, 'reason')]).to.deep.equal(['console', 'created']);
    });

    it('get a revision for another spec, none for the same', async () => {
      const made = await service('Patched');
      expect((await patch(`/services/${made}`, { spec: { replicas: 3, build: { builder: 'dockerfile' } } })).field('revision')).to.equal(2);
      expect((await patch(`/services/${made}`, { spec: { replicas: 3 } })).field('revision')).to.equal(2);
      expect((await patch(`/services/${made}`, { name: 'Renamed' })).json).to.include({ revision: 2, name: 'Renamed', slug: 'patched' });
      expect((await patch(`/services/${made}`, { spec: { replicas: null } })).field('revision')).to.equal(3);
      const specs = await ask(`/specs?service=${made}&limit=1`);
      expect([specs.field('items', 0, 'spec', 'replicas'), specs.field('items', 0, 'spec', 'build', 'builder')]).to.deep.equal([1, 'dockerfile']);
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
      expect((await patch(`/services/${made}`, { spec: { replicas: 3 } }, { 'if-match': String(first.headers['etag']) })).status).to.equal(200);
    });

    it('keep every revision when changes come at once', async () => {
      const made = await service('Busy');
      const answers = await Promise.all([2, 3, 4, 5, 6].map((replicas) => patch(`/services/${made}`, { spec: { replicas } })));
      expect(answers.map((one) => one.status)).to.deep.equal([200, 200, 200, 200, 200]);
      expect(answers.map((one) => Number(one.field('revision'))).sort()).to.deep.equal([2, 3, 4, 5, 6]);
    });

    it('are deleted with the right confirmation only', async () => {
      const made = await service('Doomed');
      await post('/variables', { service: made, name: 'A', value: '1' });
      for (const query of ['', '?confirm=other']) expect((await ask(`/services/${made}${query}`, { method: 'DELETE' })).field('code')).to.equal('CONFLICT_CONFIRM');
      expect((await ask(`/services/${made}?confirm=doomed`, { method: 'DELETE' })).status).to.equal(200);
      expect((await ask(`/services/${made}`)).status).to.equal(404);
      expect((await ask(`/specs?service=${made}`)).status).to.equal(404);
      expect(await service('Doomed')).not.to.equal(made);
    });

    it('are found by their path', async () => {
      const made = await service('Found');
      const wanted = { organisation: 'default', project: 'shop', environment: 'production', service: 'found' };
      const { path } = await projects().find(wanted, { principal: ours });
      expect(path).to.include({ service: made, organisationSlug: 'default', projectSlug: 'shop', environmentSlug: 'production', serviceSlug: 'found' });
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
      const at = async (revision: number | null) => (await projects().variables({ service: made, revision }, { principal: ours })).variables;
      expect(await at(1)).to.deep.equal({});
      expect(await at(2)).to.deep.equal({ COLOUR: 'red' });
      expect(await at(3)).to.deep.equal({ COLOUR: 'blue' });
      expect(await at(null)).to.deep.equal({});
    });

    it('of a service win over its environment\'s, and these over its project\'s', async () => {
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
      expect((await projects().variables({ service: made, revision: null }, { principal: ours })).variables['LAYER']).to.equal('service');
      for (const one of [own, ...kept]) await ask(`/variables/${one}`, { method: 'DELETE' });
    });

    it('that are sealed are never shown, nor kept as they are', async () => {
      const made = await service('Sealed');
      const sealed = await post('/variables', { service: made, name: 'KEY', kind: 'sealed', value: 'open sesame' });
      const secret = await post('/variables', { service: made, name: 'URL', kind: 'secret', value: 'postgres://hush' });
      expect([sealed.field('value'), secret.field('value')]).to.deep.equal([null, 'postgres://hush']);
      const shown = [sealed, await ask(`/variables?service=${made}`), await patch(`/variables/${String(sealed.field('id'))}`, { value: 'open sesame 2' }), await ask(`/specs?service=${made}`)];
      for (const answer of shown) expect(answer.text).not.to.contain('sesame');
      expect((await patch(`/variables/${String(sealed.field('id'))}`, { kind: 'plain' })).status).to.equal(422);
      expect((await ask(`/specs?service=${made}`)).text).not.to.contain('hush');
      const client = await test.database.pool.connect();
      await client.query(`select set_config('containr.organisation', '*', false)`);
      const { rows } = await client.query('select value from plugin_projects.variables union all select variables::text from plugin_projects.revisions');
      client.release(true);
      expect(rows.length).to.be.greaterThan(2);
      expect(JSON.stringify(rows)).not.to.contain('sesame').and.not.to.contain('hush');
      const opened = await projects().variables({ service: made, revision: null }, { principal: ours });
      expect(opened).to.deep.equal({ variables: { KEY: 'open sesame 2', URL: 'postgres://hush' }, secretNames: ['KEY', 'URL'] });
    });

    it('need a name that a process takes, one owner, and are there once', async () => {
      const made = await service('Named');
      for (const body of [{ name: 'A-B', value: '' }, { name: '1A', value: '' }, { name: 'A', value: 'x\u0000y' }, { name: 'A', value: '', environment }]) {
        expect((await post('/variables', { service: made, ...body })).status, JSON.stringify(body)).to.equal(422);
      }
      expect((await post('/variables', { name: 'A', value: '' })).status).to.equal(422);
      await post('/variables', { service: made, name: 'A', value: '1' });
      expect((await post('/variables', { service: made, name: 'A', value: '1' })).field('code')).to.equal('CONFLICT_NAME');
    });
  });

  describe('another organisation', () => {
    const theirs = (path: string, options: Ask = {}) => ask(path, { ...options, organisation: 'other' });

    it('sees, changes and deletes nothing of ours', async () => {
      const made = await service('Private');
      const variable = id(await post('/variables', { service: made, name: 'A', value: '1' }));
      const spec = String((await ask(`/specs?service=${made}`)).field('items', 0, 'id'));
      for (const path of [`/projects/${project}`, `/environments/${environment}`, `/services/${made}`, `/specs?service=${made}`, `/specs/${spec}`, `/variables?service=${made}`]) {
        expect((await theirs(path)).status, path).to.equal(404);
      }
      for (const path of ['/projects', '/environments', '/services', `/environments?project=${project}`, `/services?environment=${environment}`]) {
        expect((await theirs(path)).field('items'), path).to.deep.equal([]);
      }
      for (const [path, confirm] of [[`/projects/${project}`, 'shop'], [`/environments/${environment}`, 'production'], [`/services/${made}`, 'private'], [`/variables/${variable}`, '']] as const) {
        expect((await theirs(path, { method: 'PATCH', body: path.startsWith('/variables') ? { value: '2' } : { name: 'x' } })).status, path).to.equal(404);
        expect((await theirs(confirm === '' ? path : `${path}?confirm=${confirm}`, { method: 'DELETE' })).status, path).to.equal(404);
      }
      for (const [path, body] of [['/environments', { project, name: 'x' }], ['/services', { environment, name: 'x' }], ['/variables', { service: made, name: 'X', value: '' }]] as const) {
        expect((await theirs(path, { method: 'POST', body })).status, path).to.equal(404);
      }
      const principal = { ...ours, organisation: otherOrganisation };
      expect((await projects().paths({ services: [made] }, { principal })).paths).to.deep.equal([]);
      expect((await projects().find({ organisation: 'default', project: 'shop', environment: 'production', service: 'private' }, { principal })).path).to.equal(null);
      expect(await projects().variables({ service: made, revision: null }, { principal }).catch((error: { code: string }) => error.code)).to.equal('NOT_FOUND');
    });

    it('may have the same slugs', async () => {
      expect((await theirs('/projects', { method: 'POST', body: { name: 'Shop' } })).status).to.equal(201);
    });
  });

  it('shows and takes by permission', async () => {
    const made = await service('Guarded');
    await post('/variables', { service: made, name: 'OPEN', value: 'sesame' });
    const sealed = id(await post('/variables', { service: made, name: 'SEALED', kind: 'sealed', value: 'sesame' }));
    const { url } = await test.platform.services.get(Setup).link({}, { principal: test.platform.console });
    const owner = { token: new URL(url ?? '').searchParams.get('token'), email: 'a@example.com', password: 'correct horse battery', name: 'A' };
    const secret = String((await test.request('/api/v1/setup', { method: 'POST', body: owner })).field('token', 'secret'));
    const tokenFor = async (...scopes: string[]) => String((await test.request('/api/v1/tokens', { method: 'POST', token: secret, body: { name: 'x', scopes } })).field('secret'));
    const reader = await tokenFor('service:read');
    const list = await test.request(`/api/v1/variables?service=${made}`, { token: reader });
    expect(list.status, list.text).to.equal(200);
    expect(list.text).to.contain('OPEN').and.not.to.contain('sesame');
    for (const [method, path, body] of [
      ['POST', '/variables', { service: made, name: 'X', value: '' }],
      ['PATCH', `/services/${made}`, { name: 'x' }],
      ['DELETE', `/services/${made}?confirm=guarded`, undefined],
      ['POST', '/projects', { name: 'x' }],
      ['GET', '/projects', undefined],
    ] as const) {
      expect((await test.request(`/api/v1${path}`, { method, token: reader, ...(body ? { body } : {}) })).field('code'), path).to.equal('FORBIDDEN');
    }
    const writer = await tokenFor('variable:write');
    const set = (kind: string) => test.request('/api/v1/variables', { method: 'POST', token: writer, body: { service: made, name: `N_${kind}`, kind, value: 'x' } });
    expect((await set('secret')).json).to.include({ value: null, kind: 'secret' });
    expect((await set('sealed')).status).to.equal(403);
    expect((await test.request(`/api/v1/variables/${sealed}`, { method: 'DELETE', token: writer })).status).to.equal(403);
  });

  it('deletes a project with everything in it, and tells of each service', async () => {
    const doomed = id(await post('/projects', { name: 'Doomed' }));
    const stage = String((await ask(`/environments?project=${doomed}`)).field('items', 0, 'id'));
    const inside = id(await post('/services', { environment: stage, name: 'One' }));
    await post('/variables', { project: doomed, name: 'A', value: '1' });
    expect((await ask(`/projects/${doomed}`, { method: 'DELETE' })).field('code')).to.equal('CONFLICT_CONFIRM');
    expect((await ask(`/projects/${doomed}?confirm=doomed`, { method: 'DELETE' })).status).to.equal(200);
    for (const path of [`/projects/${doomed}`, `/environments/${stage}`, `/services/${inside}`]) expect((await ask(path)).status, path).to.equal(404);
    await until('the deletion is told', async () => {
      const { rows } = await test.database.pool.query(`select 1 from containr.outbox where name = 'service.deleted' and payload->>'service' = $1`, [inside]);
      return rows.length === 1;
    });
  });
});
