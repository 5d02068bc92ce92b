import { expect } from 'chai';
import { until } from '@containr/testing';
import { Deployments } from '../src/contract.ts';
import { app } from './app.ts';
import { Install } from './install.ts';

describe('the road after', function () {
  this.timeout(120_000);
  let install: Install;

  beforeEach(async () => {
    install = await Install.start();
  });
  afterEach(() => install?.stop());

  async function begun(id: string): Promise<void> {
    await until('its build writes', async () => (await install.lines(id)).includes('begun'));
  }

  it('a restart of the control plane in the middle of a build goes on to its end', async () => {
    const service = await install.service();
    const id = await install.deploy(
      service,
      app('one', { plan: { build: ['echo begun', 'sleep 6', 'echo one > built.txt'] } }),
    );
    await begun(id);
    await install.restartControlPlane();
    const live = await install.reaches(id, 'live');
    expect((await install.get(service)).text).to.equal('one\n');
    expect((await install.tasksOf(id)).filter((task) => task['phase'] === 'build')).to.have.length(1);
    expect(live.cause).to.equal(null);
  });

  it('the loss of a build with its agent builds again', async () => {
    const service = await install.service();
    const id = await install.deploy(
      service,
      app('one', { plan: { build: ['echo begun', 'sleep 2', 'echo one > built.txt'] } }),
    );
    await begun(id);
    await install.test.agent?.restart();
    await install.reaches(id, 'live');
    expect((await install.tasksOf(id)).filter((task) => task['phase'] === 'build')).to.have.length(2);
  });

  it('the end of a live replica replaces it, and the routes follow', async () => {
    const service = await install.service({ restart: 'always' });
    const id = await install.deploy(service, app('one', { extra: `if (q.url === '/crash') process.exit(5);` }));
    await install.reaches(id, 'live');
    await install.get(service, '/crash').catch(() => undefined);
    await until('it answers again', async () => (await install.get(service).catch(() => null))?.text === 'one\n');
    expect((await install.deployment(id)).status).to.equal('live');
  });

  it('a stop of the install with its applications brings them back at the next start', async () => {
    const service = await install.service({ watchMs: 60_000 });
    const id = await install.deploy(service, app('one'));
    await install.reaches(id, 'watching');
    const { platform } = install.test;
    expect(await platform.services.get(Deployments).suspend({}, { principal: platform.console })).to.deep.equal({
      stopped: 1,
    });
    expect((await install.replicasOf(id)).map((replica) => [replica['state'], replica['desired']])).to.deep.equal([
      ['gone', 'running'],
    ]);
    await install.restartControlPlane();
    await until(
      'it answers again',
      async () => (await install.get(service).catch(() => null))?.text === 'one\n',
      40_000,
    );
    expect((await install.deployment(id)).status).to.equal('live');
  });

  it('a restart of the agent leaves the application running', async () => {
    const service = await install.service();
    const id = await install.deploy(
      service,
      app('one', { extra: `if (q.url === '/pid') { r.end(String(process.pid)); return; }` }),
    );
    await install.reaches(id, 'live');
    const pid = (await install.get(service, '/pid')).text;
    await install.test.agent?.restart();
    await until('the node is back', async () => {
      const { items } = Object(await install.ask('/nodes'));
      return items[0].state === 'reachable';
    });
    expect((await install.get(service, '/pid')).text).to.equal(pid);
  });
});
