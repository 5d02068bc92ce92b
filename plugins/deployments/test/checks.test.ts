import { expect } from 'chai';
import { until } from '@containr/testing';
import { app } from './app.ts';
import { field, Install } from './install.ts';

describe('how a service proves that it is well, and what runs around it', function () {
  this.timeout(90_000);
  let install: Install;

  before(async () => {
    install = await Install.start();
  });
  after(() => install?.stop());

  const state = async (service: string): Promise<unknown> =>
    field(await install.ask(`/services/${service}`), 'status', 'state');

  it('asks by a command inside the replica', async () => {
    const health = { kind: 'command', command: 'test -f built.txt && echo "$WORD" | grep -q well', intervalMs: 100 };
    const service = await install.service({ health });
    await install.ask(
      '/variables',
      { method: 'POST', body: { service, name: 'WORD', value: 'well', kind: 'plain' } },
      201,
    );
    const live = await install.reaches(await install.deploy(service, app('good')), 'live');
    expect(live.phases.find((phase) => phase.name === 'health')?.message).to.equal('Its health command succeeds.');
  });

  it('fails a deployment whose command does not succeed, with its words', async () => {
    const service = await install.service({
      health: { kind: 'command', command: 'echo no queue; exit 3', intervalMs: 100, startPeriodMs: 1500 },
    });
    const failed = await install.reaches(await install.deploy(service, app('x')), 'failed');
    expect(failed.cause?.code).to.equal('HEALTH_FAILED');
    expect(failed.cause?.detail).to.contain('exit code 3').and.to.contain('no queue');
  });

  it('takes a worker for healthy by its command, or when it stayed up', async () => {
    const idle = { ...app('x'), 'plan.json': '{"start":"touch $HOME/ready && exec sleep 1000"}' };
    const asked = await install.service({ health: { kind: 'command', command: 'test -f $HOME/ready' } }, 'worker');
    await install.reaches(await install.deploy(asked, idle), 'live');
    const up = await install.service({ health: { stayUpMs: 300 } }, 'worker');
    const live = await install.reaches(await install.deploy(up, idle), 'live');
    expect(live.phases.find((phase) => phase.name === 'health')?.message).to.equal('It stayed up for 0.3 s.');
  });

  it('switches back when the new version becomes unhealthy after the switch', async () => {
    const health = { kind: 'http', path: '/ready', intervalMs: 100, timeoutMs: 500, retries: 3 };
    const service = await install.service({ health, watchMs: 30_000 });
    const good = await install.deploy(service, app('good'));
    await install.reaches(good, 'watching');
    const sick = `if (q.url === '/sick') globalThis.sick = true; if (globalThis.sick) r.statusCode = 500;`;
    const bad = await install.deploy(service, app('bad', { extra: sick }));
    await install.reaches(bad, 'watching');
    await install.get(service, '/sick');
    const failed = await install.reaches(bad, 'failed');
    expect(failed.cause?.code).to.equal('UNHEALTHY_AFTER_SWITCH');
    expect(failed.cause?.detail).to.contain('3 times in a row').and.to.contain('status 500');
    expect((await install.get(service)).text).to.equal('good\n');
  });

  it('runs the post-deploy command after the switch, and tells its failure without undoing anything', async () => {
    const service = await install.service({ postDeploy: 'cat built.txt; echo "cannot warm up" >&2; exit 6' });
    const live = await install.reaches(await install.deploy(service, app('warm')), 'live');
    const told = await until('its failure is told', async () => {
      const { notices } = await install.deployment(live.id);
      return notices.length > 0 ? notices : null;
    });
    expect(told).to.have.length(1);
    expect(told[0]).to.include({
      code: 'POST_DEPLOY_FAILED',
      detail: 'The post-deploy command ended with exit code 6.',
    });
    const lines = await install.lines(live.id);
    expect(lines).to.include('warm').and.to.include('cannot warm up');
    expect((await install.deployment(live.id)).status).to.equal('live');
    expect((await install.get(service)).text).to.equal('warm\n');
  });

  it('says failed of a service whose only replica used up its tries', async () => {
    const crash = `if (q.url === '/crash') process.exit(5);`;
    const service = await install.service({ restart: 'on-failure', restartTries: 1, watchMs: 300 });
    await install.reaches(await install.deploy(service, app('x', { extra: crash })), 'live');
    await until('it is live', async () => (await state(service)) === 'live');
    await install.get(service, '/crash').catch(() => undefined);
    await until('it is up again', async () => (await install.get(service)).status === 200);
    await install.get(service, '/crash').catch(() => undefined);
    await until('it is given up', async () => (await state(service)) === 'failed');
  });

  it('reads a spec that was stored before there were checks like these', async () => {
    const service = await install.service();
    await install.withoutInSpec(service, 'postDeploy', 'restartTries');
    const specs = await install.ask(`/specs?service=${service}`);
    expect(field(specs, 'items', 0, 'spec')).to.include({ postDeploy: null, restartTries: null });
    await install.reaches(await install.deploy(service, app('old')), 'live');
    const unchanged = await install.ask(`/services/${service}`, { method: 'PATCH', body: { spec: { replicas: 1 } } });
    expect(field(unchanged, 'revision')).to.equal(1);
  });
});
