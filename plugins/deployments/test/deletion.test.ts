import { expect } from 'chai';
import { app } from './app.ts';
import { field, Install } from './install.ts';

describe('what a deletion takes along', function () {
  this.timeout(90_000);
  let install: Install;

  before(async () => {
    install = await Install.start();
  });
  after(() => install?.stop());

  const goingOf = async (path: string) => {
    const listed = await install.ask(`${path}/deletion`);
    const goes = field(listed, 'goes') as { what: string; count: number; names: string[] }[];
    return { confirm: field(listed, 'confirm'), goes: Object.fromEntries(goes.map((one) => [one.what, one.names])) };
  };

  it('is named before it is confirmed, by every plugin that holds some of it, and nothing is changed by it', async () => {
    const service = await install.service({ watchMs: 0 });
    const shown = await install.ask(`/services/${service}`);
    const environment = String(field(shown, 'environment'));
    const project = String(field(shown, 'project'));
    await install.ask(
      '/variables',
      { method: 'POST', body: { service, name: 'KEY', value: 'hush', kind: 'secret' } },
      201,
    );
    await install.ask('/variables', { method: 'POST', body: { environment, name: 'REGION', value: 'north' } }, 201);
    const changes = [
      { variable: { service, name: 'LATER', value: '1' } },
      { spec: { service, patch: { replicas: 2 } } },
    ];
    await install.ask('/changes', { method: 'POST', body: { environment, changes } }, 201);
    await install.ask('/domains', { method: 'POST', body: { service, host: 'going.example.org' } }, 201);
    const { artifact } = await install.reaches(await install.deploy(service, app('one')), 'live');

    const alone = await goingOf(`/services/${service}`);
    expect(alone.confirm).to.equal('app');
    expect(alone.goes).to.include.keys('addresses', 'live deployments');
    expect(alone.goes).to.deep.include({
      services: ['app'],
      variables: ['app.KEY'],
      'staged changes': ['app.LATER', 'settings of app'],
      domains: ['going.example.org'],
      'artifacts to roll back to': [artifact?.reference],
    });
    expect(JSON.stringify(alone)).not.to.contain('hush');
    const around = await goingOf(`/environments/${environment}`);
    expect(around).to.have.property('confirm', 'production');
    expect(around.goes['variables']).to.deep.equal(['app.KEY', 'production.REGION']);
    const whole = await goingOf(`/projects/${project}`);
    expect(whole.goes).to.deep.include({ environments: ['production'], services: ['app@production'] });
    expect((await install.get(service)).text).to.equal('one\n');

    const { pool } = install.test.database;
    const other = '01900000-0000-7000-8000-000000000001';
    await pool.query(`insert into plugin_auth.organisations values ($1, 'other', 'Other', now())`, [other]);
    for (const path of [`/services/${service}`, `/environments/${environment}`, `/projects/${project}`])
      await install.ask(`${path}/deletion`, { organisation: 'other' }, 404);
    await install.ask(`/services/${service}?confirm=${String(alone.confirm)}`, { method: 'DELETE' });
    expect((await goingOf(`/environments/${environment}`)).goes).to.deep.equal({ variables: ['production.REGION'] });
  });
});
