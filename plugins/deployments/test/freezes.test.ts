import { expect } from 'chai';
import { until } from '@containr/testing';
import { app } from './app.ts';
import { field, Install } from './install.ts';
import { tokenFor } from './token-for.ts';

/** Open from an hour ago until in an hour. */
const open = () => {
  const now = Date.now();
  return { from: new Date(now - 3_600_000).toISOString(), until: new Date(now + 3_600_000).toISOString() };
};

describe('an environment that is frozen', function () {
  this.timeout(90_000);
  let install: Install;

  beforeEach(async () => (install = await Install.start()));
  afterEach(() => install?.stop());

  async function freeze(service: string, more: object = {}): Promise<string> {
    const environment = field(await install.ask(`/services/${service}`), 'environment');
    const body = { environment, name: 'Weekend', once: open(), ...more };
    return String(field(await install.ask('/freezes', { method: 'POST', body }, 201), 'id'));
  }

  it('refuses what somebody asks for, saying which window until when, and takes it with a reason that is kept', async () => {
    const service = await install.service();
    const first = await install.deploy(service, app('one'));
    await install.reaches(first, 'live');
    await freeze(service);
    for (const [path, body] of [
      ['/deployments', { service }],
      [`/deployments/${first}/redeploy`, {}],
    ] as const) {
      const refused = await install.ask(path, { method: 'POST', body }, 409);
      expect(field(refused, 'code')).to.equal('CONFLICT_FROZEN');
      expect(field(refused, 'detail')).to.match(/^production is frozen by "Weekend" until 20\d\d-.+Z\./);
    }
    const body = { service, overrideReason: 'Payments are down' };
    const made = String(field(await install.ask('/deployments', { method: 'POST', body }, 201), 'id'));
    const done = await install.reaches(made, 'live');
    expect(done.override).to.include({ reason: 'Payments are down' });
    expect(done.override?.windows).to.deep.equal(['Weekend']);
    const token = await tokenFor(install.test, 'deployment:create');
    const denied = await install.test.request('/api/v1/deployments', { method: 'POST', body, token });
    expect(denied.status).to.equal(403);
    expect(denied.text).to.include('freeze:override');
  });

  it('holds what changes bring until the window ends or is lifted, or somebody says why it goes on', async () => {
    const service = await install.service();
    await install.reaches(await install.deploy(service, app('one')), 'live');
    const id = await freeze(service);
    const environment = field(await install.ask(`/services/${service}`), 'environment');
    const change = async (value: string): Promise<string> => {
      const changes = [{ variable: { service, name: 'GREETING', value } }];
      const applied = await install.ask('/changes/apply', { method: 'POST', body: { environment, changes } });
      return String(field(applied, 'deployments', 0, 'deployment'));
    };
    const held = async (deployment: string) =>
      until('it is held', async () => {
        const { waiting } = await install.deployment(deployment);
        return waiting?.kind === 'freeze' ? waiting : null;
      });
    const first = await change('one');
    expect((await held(first)).reason).to.match(/^production is frozen by "Weekend"/);
    const second = await change('two');
    await install.reaches(first, 'superseded');
    await held(second);
    const body = { reason: 'The greeting is an insult' };
    await install.ask(`/deployments/${second}/override`, { method: 'POST', body });
    expect((await install.reaches(second, 'live')).override?.reason).to.equal(body.reason);
    await install.ask(`/deployments/${second}/override`, { method: 'POST', body }, 409);
    const third = await change('three');
    await held(third);
    await install.ask(`/freezes/${id}`, { method: 'DELETE' });
    expect((await install.reaches(third, 'live')).override).to.equal(null);
  });

  it('lets rollbacks through unless its window says otherwise', async () => {
    const service = await install.service();
    const first = await install.deploy(service, app('one'));
    await install.reaches(first, 'live');
    await install.reaches(await install.deploy(service, app('two')), 'live');
    const id = await freeze(service);
    const back = await install.ask(`/deployments/${first}/rollback`, { method: 'POST' }, 201);
    await install.reaches(String(field(back, 'id')), 'live');
    await install.ask(`/freezes/${id}`, { method: 'PATCH', body: { rollback: false } });
    const refused = await install.ask(`/deployments/${first}/rollback`, { method: 'POST' }, 409);
    expect(field(refused, 'code')).to.equal('CONFLICT_FROZEN');
  });
});
