import { expect } from 'chai';
import type { DeploymentDocument } from '../src/contract.ts';
import { app } from './app.ts';
import { field, Install } from './install.ts';

/** Answers with a variable of its environment, and with what the build had seen of another. */
const showing = app('x', {
  plan: { build: ['printf "%s" "$STAMP" > built.txt'] },
  extra: `if (q.url === '/greeting') { r.end(process.env.GREETING ?? 'none'); return; }`,
});

describe('variables of what runs', function () {
  this.timeout(90_000);
  let install: Install;

  before(async () => {
    install = await Install.start();
  });
  after(() => install?.stop());

  const post = async (path: string, body: object, status = 201) =>
    String(field(await install.ask(path, { method: 'POST', body }, status), 'id'));
  const patch = (id: string, body: object) => install.ask(`/variables/${id}`, { method: 'PATCH', body });
  const phases = (deployment: DeploymentDocument) =>
    Object.fromEntries(deployment.phases.map((phase) => [phase.name, phase.status]));

  it('change without a plan, a build or a failed request', async () => {
    const service = await install.service({ watchMs: 500 });
    const greeting = await post('/variables', { service, name: 'GREETING', value: 'hello' });
    await install.reaches(await install.deploy(service, showing), 'live');
    expect((await install.get(service, '/greeting')).text).to.equal('hello');
    const load = await install.load(service, { perSecond: 50, slowEvery: 0 });
    for (const value of ['moin', 'servus']) {
      await patch(greeting, { value });
      const changed = await install.reaches(await post('/deployments', { service }), 'live');
      expect(phases(changed)).to.include({ plan: 'skipped', build: 'skipped', start: 'done', route: 'done' });
      expect((await install.get(service, '/greeting')).text).to.equal(value);
    }
    const { failed, sent } = await load.stop();
    expect(failed, `of ${sent}`).to.deep.equal([]);
  });

  it('are built anew when a build sees another value, and only then', async () => {
    const service = await install.service();
    const stamp = await post('/variables', { service, name: 'STAMP', value: 'one', available: 'build' });
    await install.reaches(await install.deploy(service, showing), 'live');
    expect((await install.get(service)).text).to.equal('one');
    await post('/variables', { service, name: 'HUSH', value: 'a secret is no part of a build', kind: 'secret' });
    expect(phases(await install.reaches(await post('/deployments', { service }), 'live'))).to.include({
      build: 'skipped',
    });
    await patch(stamp, { value: 'two' });
    expect(phases(await install.reaches(await post('/deployments', { service }), 'live'))).to.include({
      build: 'done',
    });
    expect((await install.get(service)).text).to.equal('two');
  });

  it('that can not be opened fail the deployment, and what served goes on', async () => {
    const service = await install.service();
    await post('/variables', { service, name: 'GREETING', value: 'hello', kind: 'secret' });
    await install.reaches(await install.deploy(service, showing), 'live');
    await install.damageSecrets(service);
    const id = await post('/deployments', { service });
    await install.reaches(id, 'failed');
    const { cause } = await install.deployment(id);
    expect(cause).to.include({ code: 'SECRET_UNREADABLE' });
    expect(cause?.detail).to.contain('GREETING').and.not.to.contain('hello');
    expect((await install.get(service, '/greeting')).text).to.equal('hello');
  });

  it('that refer to what is not there fail the deployment with what is missing', async () => {
    const service = await install.service();
    const greeting = await post('/variables', { service, name: 'GREETING', value: 'hello' });
    await install.reaches(await install.deploy(service, showing), 'live');
    await patch(greeting, { value: '${{cache.URL}}' });
    const id = await post('/deployments', { service });
    await install.reaches(id, 'failed');
    expect((await install.deployment(id)).cause).to.include({
      code: 'VARIABLE_MISSING',
      detail: 'app.GREETING refers to cache.URL, and there is no service cache in this environment.',
    });
    expect((await install.get(service, '/greeting')).text).to.equal('hello');
    await patch(greeting, { value: 'at ${{CONTAINR_PUBLIC_URL}}' });
    await install.reaches(await post('/deployments', { service }), 'live');
    expect((await install.get(service, '/greeting')).text).to.match(/^at http:\/\/app-/);
  });
});
