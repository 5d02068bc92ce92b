import { expect } from 'chai';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';

describe('quotas', function () {
  this.timeout(60_000);
  let test: TestPlatform;
  let environment: string;

  const ask = (path: string, method = 'GET', body?: unknown) =>
    test.console(path, { organisation: 'default', method, ...(body === undefined ? {} : { body }) });
  const serviceOf = (slug: string, spec: object = {}) =>
    ask('/services', 'POST', { environment, name: slug, slug, kind: 'web', spec });

  before(async () => {
    test = await startTestPlatform({ plugins: ['auth', 'projects'] });
    const project = await ask('/projects', 'POST', { name: 'Shop', slug: 'shop' });
    environment = String((await ask(`/environments?project=${String(project.field('id'))}`)).field('items', 0, 'id'));
  });
  after(() => test?.stop());

  it('are none until somebody sets some, and show what is used', async () => {
    expect((await serviceOf('web', { replicas: 2 })).status).to.equal(201);
    const shown = await ask('/quotas');
    expect(shown.field('items')).to.deep.include.members([
      { resource: 'projects', used: 1, limit: null },
      { resource: 'services', used: 1, limit: null },
      { resource: 'replicas', used: 2, limit: null },
      { resource: 'cpu', used: 2, limit: null },
      { resource: 'memoryBytes', used: 1_073_741_824, limit: null },
    ]);
  });

  it('refuse what would go over them where it is made, and nothing that takes less', async () => {
    await ask('/quotas', 'PATCH', { projects: 1, services: 2, replicas: 3 });
    const project = await ask('/projects', 'POST', { name: 'Other', slug: 'other' });
    expect([project.status, project.field('code')]).to.deep.equal([409, 'QUOTA_EXCEEDED']);
    expect((await serviceOf('two')).status).to.equal(201);
    const third = await serviceOf('three');
    expect(third.field('detail')).to.equal(
      'The organisation may have 2 services, has 2 services, and this would make it 3 services.',
    );
    const items = (await ask('/services')).field('items');
    const web = (items as { id: string; slug: string }[]).find(({ slug }) => slug === 'web')?.id ?? '';
    const more = await ask(`/services/${web}`, 'PATCH', { spec: { replicas: 3 } });
    expect([more.status, more.field('code')]).to.deep.equal([409, 'QUOTA_EXCEEDED']);
    const change = { spec: { service: web, patch: { replicas: 3 } } };
    expect((await ask('/changes', 'POST', { environment, changes: [change] })).status).to.equal(201);
    const applied = await ask('/changes/apply', 'POST', { environment, deploy: false });
    expect([applied.status, applied.field('code')], 'staged').to.deep.equal([409, 'QUOTA_EXCEEDED']);
    await ask('/quotas', 'PATCH', { replicas: 1 });
    expect((await ask(`/services/${web}`, 'PATCH', { spec: { replicas: 1 } })).status, 'less is fine').to.equal(200);
    const copy = await ask(`/environments/${environment}/duplicate`, 'POST', { name: 'Staging', kind: 'named' });
    expect(copy.field('code')).to.equal('QUOTA_EXCEEDED');
    await ask('/quotas', 'PATCH', { replicas: null, services: null });
    expect((await serviceOf('three')).status).to.equal(201);
  });

  it('hold when two come at once', async () => {
    await ask('/quotas', 'PATCH', { services: 4 });
    const made = await Promise.all(['a', 'b', 'c'].map((slug) => serviceOf(slug)));
    expect(made.filter(({ status }) => status === 201).length).to.equal(1);
  });
});
