import { expect } from 'chai';
import { until } from '@containr/testing';
import { app } from './app.ts';
import { field, Install } from './install.ts';

const slow = { plan: { build: ['echo begun', 'sleep 60'] } };

describe('deployments that wait for a slot', function () {
  this.timeout(90_000);
  let install: Install;

  beforeEach(async () => {
    install = await Install.start();
    await install.ask('/settings/deployments', { method: 'PATCH', body: { buildsPerNode: 1 } });
  });
  afterEach(() => install?.stop());

  async function building(service: string): Promise<string> {
    const id = await install.deploy(service, app('x', slow));
    await until('its build writes', async () => (await install.lines(id)).includes('begun'));
    return id;
  }

  async function waits(id: string): Promise<{ reason: string; place: string }> {
    return until(`${id} waits for a build slot`, async () => {
      const { status, waiting } = await install.deployment(id);
      return status === 'queued' && waiting?.kind === 'build'
        ? { reason: waiting.reason, place: `${waiting.position} of ${waiting.of}` }
        : null;
    });
  }

  it('say their place and who has the slots, and go on in turn, also after a restart', async () => {
    const [first, second, third] = [await install.service(), await install.service(), await install.service()];
    const holder = await building(first);
    const next = await install.deploy(second, app('two'));
    const { reason, place } = await waits(next);
    expect(reason).to.match(/^Build slots of .+ are taken by app@production\.$/);
    expect(place).to.equal('1 of 1');
    const last = await install.deploy(third, app('three'));
    expect((await waits(last)).place).to.equal('2 of 2');
    await install.restartControlPlane();
    expect((await waits(next)).place).to.equal('1 of 2');
    await install.ask(`/deployments/${holder}/cancel`, { method: 'POST' }, 202);
    await install.reaches(next, 'live');
    const done = await install.reaches(last, 'live');
    expect(done.waiting).to.equal(null);
    expect((await install.get(third)).text).to.equal('three\n');
  });

  it('are superseded by newer ones, can be cancelled, and hold up nothing that builds nothing', async () => {
    const service = await install.service();
    const one = await install.deploy(service, app('one'));
    await install.reaches(one, 'live');
    await install.reaches(await install.deploy(service, app('two')), 'live');
    await building(await install.service());
    const waiting = await install.deploy(service, app('three'));
    await waits(waiting);
    const newer = await install.deploy(service, app('four'));
    expect((await install.reaches(waiting, 'superseded')).supersededBy).to.equal(newer);
    await waits(newer);
    await install.ask(`/deployments/${newer}/cancel`, { method: 'POST' }, 202);
    await install.reaches(newer, 'cancelled');
    const back = field(await install.ask(`/deployments/${one}/rollback`, { method: 'POST' }, 201), 'id');
    await install.reaches(String(back), 'live');
    expect((await install.get(service)).text).to.equal('one\n');
  });

  it('wait for their own organisation too, and are refused when its artifacts fill their room', async () => {
    await install.ask('/settings/deployments', { method: 'PATCH', body: { buildsPerNode: 9 } });
    await install.ask('/quotas', { method: 'PATCH', body: { builds: 1 } });
    const holder = await building(await install.service());
    const service = await install.service();
    const next = await install.deploy(service, app('two'));
    expect((await waits(next)).reason).to.equal('The organisation builds as much at once as it may: app@production.');
    await install.ask(`/deployments/${holder}/cancel`, { method: 'POST' }, 202);
    await install.reaches(next, 'live');
    await install.ask('/quotas', { method: 'PATCH', body: { artifactBytes: 1 } });
    const refused = await install.reaches(await install.deploy(service, app('three')), 'failed');
    expect(refused.cause?.code).to.equal('QUOTA_EXCEEDED');
    expect((await install.get(service)).text).to.equal('two\n');
  });

  it('go on when there may be more at once', async () => {
    await building(await install.service());
    const next = await install.deploy(await install.service(), app('two'));
    await waits(next);
    await install.ask('/settings/deployments', { method: 'PATCH', body: { buildsPerNode: 2 } });
    await install.reaches(next, 'live');
  });
});
