import { expect } from 'chai';
import { until } from '@containr/testing';
import type { DeploymentDocument } from '../src/contract.ts';
import { app } from './app.ts';
import { field, Install } from './install.ts';

const quick = { health: { kind: 'tcp', startPeriodMs: 2000, intervalMs: 100 } };

describe('a deployment that can not become live', function () {
  this.timeout(60_000);
  let install: Install;
  let service: string;

  before(async () => {
    install = await Install.start();
    service = await install.service(quick);
    await install.reaches(await install.deploy(service, app('good')), 'live');
  });
  after(() => install?.stop());

  /** It fails with a cause, the old version serves, and nothing of the new one runs. */
  async function fails(files: Record<string, string>, spec?: Record<string, unknown>): Promise<DeploymentDocument> {
    if (spec) await install.ask(`/services/${service}`, { method: 'PATCH', body: { spec } });
    const failed = await install.reaches(await install.deploy(service, files), 'failed');
    expect((await install.get(service)).text).to.equal('good\n');
    expect(failed.cause?.detail).to.be.a('string').and.not.equal('');
    expect(failed.cause?.hint).to.be.a('string').and.not.equal('');
    expect(failed.endedAt).not.to.equal(null);
    await until('its replicas are gone', async () =>
      (await install.replicasOf(failed.id)).every((replica) => replica['state'] === 'gone'),
    );
    return failed;
  }

  it('says how a build failed, and keeps its log', async () => {
    const failed = await fails(app('x', { plan: { build: ['echo compiling', 'echo no such module >&2; exit 3'] } }));
    expect(failed.cause?.code).to.equal('BUILD_FAILED');
    expect(failed.phases.find((phase) => phase.name === 'build')?.status).to.equal('failed');
    await until('the log has the command’s words', async () =>
      (await install.lines(failed.id)).includes('no such module'),
    );
  });

  it('says that no builder knows the source', async () => {
    expect((await fails({ 'readme.txt': 'hello' })).cause?.code).to.equal('PLAN_NOT_FOUND');
  });

  it('keeps the sentence of a builder that refuses', async () => {
    expect((await fails({ 'plan.json': '{"refuse":"BUILDER_NEEDS_ENGINE"}' })).cause).to.include({
      code: 'BUILDER_NEEDS_ENGINE',
      detail: 'The plan file refuses.',
      hint: 'Change it.',
    });
  });

  it('says that a root directory is not there', async () => {
    const failed = await fails(app('x'), { source: { rootDirectory: 'missing' } });
    expect(failed.cause?.code).to.equal('SOURCE_EMPTY');
    await install.ask(`/services/${service}`, { method: 'PATCH', body: { spec: { source: { rootDirectory: '.' } } } });
  });

  it('says that nothing listens', async () => {
    expect(
      (await fails(app('x', { atStart: 'setInterval(() => {}, 1000); await new Promise(() => {});' }))).cause?.code,
    ).to.equal('PORT_NOT_LISTENING');
  });

  it('names the port that it listens on instead', async () => {
    const failed = await fails(app('x', { listen: '18431' }));
    expect(failed.cause).to.include({ code: 'WRONG_PORT' });
    expect(failed.cause?.detail).to.contain('18431');
  });

  it('says with which exit code it ended, and its last words', async () => {
    const failed = await fails(app('x', { atStart: `console.error('Error: no database'); process.exit(7);` }));
    expect(failed.cause?.code).to.equal('EXITED');
    expect(failed.cause?.detail).to.contain('exit code 7').and.to.contain('no database');
  });

  it('says that the start command does not exist', async () => {
    expect((await fails(app('x', { plan: { start: 'no-such-program --now' } }))).cause?.code).to.equal(
      'COMMAND_NOT_FOUND',
    );
  });

  it('names the status that the health path answered', async () => {
    const failed = await fails(app('x', { extra: 'r.statusCode = 500;' }), {
      health: { kind: 'http', path: '/ready' },
    });
    expect(failed.cause?.code).to.equal('HEALTH_FAILED');
    expect(failed.cause?.detail).to.contain('500').and.to.contain('/ready');
    await install.ask(`/services/${service}`, { method: 'PATCH', body: { spec: { health: { kind: 'tcp' } } } });
  });

  it('says that the pre-deploy command failed, and starts nothing', async () => {
    const failed = await fails(app('x'), { preDeploy: 'echo migrating; exit 9' });
    expect(failed.cause).to.include({
      code: 'RELEASE_FAILED',
      detail: 'The pre-deploy command ended with exit code 9.',
    });
    expect(await install.replicasOf(failed.id)).to.deep.equal([]);
    await install.ask(`/services/${service}`, { method: 'PATCH', body: { spec: { preDeploy: null } } });
  });

  it('says that no node has so much memory', async () => {
    const failed = await fails(app('x'), { resources: { cpu: 1, memoryBytes: 2 ** 50 } });
    expect(failed.cause?.code).to.equal('NO_NODE_FITS');
    await install.ask(`/services/${service}`, {
      method: 'PATCH',
      body: { spec: { resources: { cpu: 1, memoryBytes: 2 ** 28 } } },
    });
  });

  it('switches back when the new version crashes right after the switch', async () => {
    const other = await install.service({ ...quick, watchMs: 20_000, restart: 'never' });
    const good = await install.deploy(other, app('good'));
    await install.reaches(good, 'watching');
    const bad = await install.deploy(
      other,
      app('bad', { extra: `if (q.url === '/crash') { console.error('fatal: out of luck'); process.exit(5); }` }),
    );
    await install.reaches(bad, 'watching');
    expect((await install.get(other)).text).to.equal('bad\n');
    expect((await install.deployment(good)).status).to.equal('live');
    await install.get(other, '/crash').catch(() => undefined);
    const failed = await install.reaches(bad, 'failed');
    expect(failed.cause?.code).to.equal('CRASHED_AFTER_SWITCH');
    expect(failed.cause?.detail).to.contain('exit code 5').and.to.contain('out of luck');
    expect((await install.get(other)).text).to.equal('good\n');
    expect(field(await install.ask(`/services/${other}`), 'status', 'state')).to.equal('live');
  });
});
