import { expect } from 'chai';
import type { Ask } from '@containr/testing';
import { until } from '@containr/testing';
import { asking, id, otherOrganisation, startShop, tokenMaker } from './shop-fixture.test.ts';
import type { Shop } from './shop-fixture.test.ts';

describe('projects', function () {
  this.timeout(60_000);
  let test: Shop['test'];
  let ours: Shop['ours'];
  let project: string;
  let environment: string;
  const ask = (...of: Parameters<ReturnType<typeof asking>['ask']>) => asking(test).ask(...of);
  const post = (path: string, body: object) => asking(test).post(path, body);
  const projects = () => asking(test).projects();
  const service = async (name: string, more: object = {}) =>
    id(await post('/services', { environment, name, ...more }));

  before(async () => {
    ({ test, ours, project, environment } = await startShop());
  });
  after(() => test?.stop());

  describe('projects and environments', () => {
    it('a new project has production', async () => {
      expect((await ask(`/projects/${project}`)).json).to.include({
        slug: 'shop',
        name: 'Shop',
        environments: 1,
        services: 0,
      });
      expect((await ask(`/environments?project=${project}`)).field('items', 0, 'kind')).to.equal('production');
    });

    it('slugs are unique in their parent, with a hint', async () => {
      const again = await post('/projects', { name: 'shop' });
      expect([again.status, again.field('code'), again.field('hint')]).to.deep.equal([
        409,
        'CONFLICT_SLUG',
        'Choose another slug, "shop-2" for example.',
      ]);
      expect((await post('/environments', { project, name: 'Production' })).field('code')).to.equal('CONFLICT_SLUG');
    });

    it('refuses fields that it does not know', async () => {
      const answer = await post('/projects', { name: 'x', colour: 'red' });
      expect([answer.status, answer.field('errors', 0, 'path')]).to.deep.equal([422, '/colour']);
      expect((await post('/projects', { name: ' ' })).status).to.equal(422);
    });

    it('pages without losing or repeating anything, in both orders', async () => {
      for (let n = 0; n < 5; n += 1)
        await post('/environments', { project, name: `Stage ${n % 2}`, slug: `stage-${n}` });
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
      const { nextCursor } = Object((await ask(`/environments?limit=1&sort=name`)).json);
      expect((await ask(`/environments?sort=createdAt&cursor=${nextCursor}`)).status).to.equal(422);
      expect((await ask('/environments?cursor=zzz')).status).to.equal(422);
      expect((await ask('/environments?sort=organisation')).status).to.equal(422);
    });

    it('takes a search text as text', async () => {
      expect((await ask('/environments?search=%25')).field('items')).to.deep.equal([]);
    });
  });

  describe('another organisation', () => {
    const theirs = (path: string, options: Ask = {}) => ask(path, { ...options, organisation: 'other' });

    it('sees, changes and deletes nothing of ours', async () => {
      const made = await service('Private');
      const variable = id(await post('/variables', { service: made, name: 'A', value: '1' }));
      const spec = String((await ask(`/specs?service=${made}`)).field('items', 0, 'id'));
      for (const path of [
        `/projects/${project}`,
        `/environments/${environment}`,
        `/services/${made}`,
        `/specs?service=${made}`,
        `/specs/${spec}`,
        `/variables?service=${made}`,
      ]) {
        expect((await theirs(path)).status, path).to.equal(404);
      }
      for (const path of [
        '/projects',
        '/environments',
        '/services',
        `/environments?project=${project}`,
        `/services?environment=${environment}`,
      ]) {
        expect((await theirs(path)).field('items'), path).to.deep.equal([]);
      }
      for (const [path, confirm] of [
        [`/projects/${project}`, 'shop'],
        [`/environments/${environment}`, 'production'],
        [`/services/${made}`, 'private'],
        [`/variables/${variable}`, ''],
      ] as const) {
        expect(
          (
            await theirs(path, {
              method: 'PATCH',
              body: path.startsWith('/variables') ? { value: '2' } : { name: 'x' },
            })
          ).status,
          path,
        ).to.equal(404);
        expect(
          (await theirs(confirm === '' ? path : `${path}?confirm=${confirm}`, { method: 'DELETE' })).status,
          path,
        ).to.equal(404);
      }
      for (const [path, body] of [
        ['/environments', { project, name: 'x' }],
        ['/services', { environment, name: 'x' }],
        ['/variables', { service: made, name: 'X', value: '' }],
      ] as const) {
        expect((await theirs(path, { method: 'POST', body })).status, path).to.equal(404);
      }
      const principal = { ...ours, organisation: otherOrganisation };
      expect((await projects().paths({ services: [made] }, { principal })).paths).to.deep.equal([]);
      expect(
        (
          await projects().find(
            { organisation: 'default', project: 'shop', environment: 'production', service: 'private' },
            { principal },
          )
        ).path,
      ).to.equal(null);
      expect(
        await projects()
          .variables({ service: made, revision: null }, { principal })
          .catch((error: { code: string }) => error.code),
      ).to.equal('NOT_FOUND');
    });

    it('may have the same slugs', async () => {
      expect((await theirs('/projects', { method: 'POST', body: { name: 'Shop' } })).status).to.equal(201);
    });
  });

  describe('permissions and the end', () => {
    it('shows and takes by permission', async () => {
      const made = await service('Guarded');
      await post('/variables', { service: made, name: 'OPEN', value: 'sesame' });
      const sealed = id(await post('/variables', { service: made, name: 'SEALED', kind: 'sealed', value: 'sesame' }));
      const tokenFor = await tokenMaker(test);
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
        expect(
          (await test.request(`/api/v1${path}`, { method, token: reader, ...(body ? { body } : {}) })).field('code'),
          path,
        ).to.equal('FORBIDDEN');
      }
      const writer = await tokenFor('variable:write');
      const set = (kind: string) =>
        test.request('/api/v1/variables', {
          method: 'POST',
          token: writer,
          body: { service: made, name: `N_${kind}`, kind, value: 'x' },
        });
      expect((await set('secret')).json).to.include({ value: null, kind: 'secret' });
      expect((await set('sealed')).status).to.equal(403);
      expect((await test.request(`/api/v1/variables/${sealed}`, { method: 'DELETE', token: writer })).status).to.equal(
        403,
      );
    });

    it('deletes a project with everything in it, and tells of each service', async () => {
      const doomed = id(await post('/projects', { name: 'Doomed' }));
      const stage = String((await ask(`/environments?project=${doomed}`)).field('items', 0, 'id'));
      const inside = id(await post('/services', { environment: stage, name: 'One' }));
      await post('/variables', { project: doomed, name: 'A', value: '1' });
      expect((await ask(`/projects/${doomed}`, { method: 'DELETE' })).field('code')).to.equal('CONFLICT_CONFIRM');
      expect((await ask(`/projects/${doomed}?confirm=doomed`, { method: 'DELETE' })).status).to.equal(200);
      for (const path of [`/projects/${doomed}`, `/environments/${stage}`, `/services/${inside}`])
        expect((await ask(path)).status, path).to.equal(404);
      await until('the deletion is told', async () => {
        const { rows } = await test.database.pool.query(
          `select 1 from containr.outbox where name = 'service.deleted' and payload->>'service' = $1`,
          [inside],
        );
        return rows.length === 1;
      });
    });
  });
});
