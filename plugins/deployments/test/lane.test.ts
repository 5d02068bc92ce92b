import { expect } from 'chai';
import { until } from '@containr/testing';
import { app } from './app.ts';
import { field, Install } from './install.ts';

const slow = { plan: { build: ['echo begun', 'sleep 30'] } };

describe('deployments of one service', function () {
  this.timeout(60_000);
  let install: Install;

  before(async () => {
    install = await Install.start();
  });
  after(() => install?.stop());

  async function builds(id: string): Promise<void> {
    await until('its build writes', async () => (await install.lines(id)).includes('begun'));
  }

  it('can be cancelled in the build; the build ends', async () => {
    const service = await install.service();
    const id = await install.deploy(service, app('x', slow));
    await builds(id);
    await install.ask(`/deployments/${id}/cancel`, { method: 'POST' }, 202);
    const cancelled = await install.reaches(id, 'cancelled');
    expect(cancelled.cause?.code).to.equal('CANCELLED');
    expect(cancelled.phases.find((phase) => phase.name === 'build')?.status).to.equal('cancelled');
    await until('the task has ended', async () =>
      (await install.tasksOf(id)).every((task) => task['outcome'] !== null),
    );
    const again = await install.test.console(`/deployments/${id}/cancel`, { method: 'POST', organisation: 'default' });
    expect([again.status, again.field('code')]).to.deep.equal([409, 'CONFLICT_DEPLOYMENT_ENDED']);
  });

  it('can be cancelled while they are watched: the version before serves again', async () => {
    const service = await install.service({ watchMs: 60_000 });
    const first = await install.deploy(service, app('one'));
    await install.reaches(first, 'watching');
    const alone = await install.test.console(`/deployments/${first}/cancel`, {
      method: 'POST',
      organisation: 'default',
    });
    expect(alone.status, 'with nothing to go back to').to.equal(409);
    const second = await install.deploy(service, app('two'));
    await install.reaches(second, 'watching');
    expect((await install.get(service)).text).to.equal('two\n');
    await install.ask(`/deployments/${second}/cancel`, { method: 'POST' }, 202);
    await install.reaches(second, 'cancelled');
    expect((await install.get(service)).text).to.equal('one\n');
    expect((await install.deployment(first)).status).to.equal('live');
  });

  it('wait for each other, and the newest waiting one supersedes the rest', async () => {
    const service = await install.service();
    const first = await install.deploy(service, app('one', slow));
    await builds(first);
    const second = await install.deploy(service, app('two'));
    const third = await install.deploy(service, app('three'));
    const superseded = await install.reaches(second, 'superseded');
    expect(superseded.supersededBy).to.equal(third);
    expect((await install.deployment(third)).status).to.equal('queued');
    expect((await install.deployment(third)).number).to.equal(3);
    await install.ask(`/deployments/${first}/cancel`, { method: 'POST' }, 202);
    await install.reaches(third, 'live');
    expect((await install.get(service)).text).to.equal('three\n');
  });

  it('roll back to the artifact of before without a build', async () => {
    const service = await install.service();
    const first = await install.deploy(service, app('one'));
    await install.reaches(first, 'live');
    await install.reaches(await install.deploy(service, app('two')), 'live');
    const back = field(await install.ask(`/deployments/${first}/rollback`, { method: 'POST' }, 201), 'id');
    const done = await install.reaches(String(back), 'live');
    expect((await install.get(service)).text).to.equal('one\n');
    expect(done.rollbackOf).to.equal(first);
    expect(Object.fromEntries(done.phases.map((phase) => [phase.name, phase.status]))).to.include({
      source: 'skipped',
      plan: 'skipped',
      build: 'skipped',
      release: 'skipped',
      place: 'done',
      route: 'done',
    });
  });

  it('use the artifact again when only the start changed, and build anew when asked to', async () => {
    const service = await install.service();
    const first = await install.deploy(service, app('one'));
    await install.reaches(first, 'live');
    const again = field(await install.ask('/deployments', { method: 'POST', body: { service } }, 201), 'id');
    const reused = await install.reaches(String(again), 'live');
    expect(reused.phases.find((phase) => phase.name === 'build')?.status).to.equal('skipped');
    const rebuild = field(await install.ask(`/deployments/${first}/redeploy`, { method: 'POST' }, 201), 'id');
    const rebuilt = await install.reaches(String(rebuild), 'live');
    expect(rebuilt.phases.find((phase) => phase.name === 'build')?.status).to.equal('done');
  });

  it('of a worker become live without a route', async () => {
    const service = await install.service({}, 'worker');
    const id = await install.deploy(service, { 'plan.json': '{"start":"while true; do echo working; sleep 1; done"}' });
    const live = await install.reaches(id, 'live');
    expect(live.phases.find((phase) => phase.name === 'route')?.status).to.equal('skipped');
    expect(field(await install.ask(`/services/${service}`), 'status')).to.deep.equal({
      state: 'live',
      replicas: { desired: 1, ready: 1 },
    });
  });

  it('end with their service: replicas stop', async () => {
    const service = await install.service();
    const id = await install.deploy(service, app('one'));
    await install.reaches(id, 'live');
    await install.ask(`/services/${service}?confirm=app`, { method: 'DELETE' });
    await until('its replicas are gone', async () =>
      (await install.replicasOf(id)).every((replica) => replica['state'] === 'gone'),
    );
    expect((await install.deployment(id)).status).to.equal('retired');
  });

  it('are refused without a source, and with one of somebody else', async () => {
    const service = await install.service();
    const none = await install.test.console('/deployments', {
      method: 'POST',
      organisation: 'default',
      body: { service },
    });
    expect([none.status, none.field('code')]).to.deep.equal([409, 'CONFLICT_NO_SOURCE']);
    const foreign = await install.test.console('/deployments', {
      method: 'POST',
      organisation: 'default',
      body: { service, source: { kind: 'upload', treeHash: 'a'.repeat(64) } },
    });
    expect(foreign.status).to.equal(404);
    const nobody = await install.test.request('/api/v1/deployments');
    expect(nobody.status).to.equal(401);
  });
});
