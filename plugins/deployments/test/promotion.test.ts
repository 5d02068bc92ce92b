import { expect } from 'chai';
import { app } from './app.ts';
import { field, Install } from './install.ts';

/** Says what was built, and what it was given at its start. */
const source = app('built', { extra: 'r.write((process.env.WHERE ?? "nowhere") + " "); ' });

describe('a promotion', function () {
  this.timeout(90_000);
  let install: Install;

  before(async () => {
    install = await Install.start();
  });
  after(() => install?.stop());

  const environmentOf = async (service: string) =>
    String(field(await install.ask(`/services/${service}`), 'environment'));
  /** A service that serves in one environment, and a copy of the environment. */
  async function pair() {
    const service = await install.service({ watchMs: 0 });
    const from = await environmentOf(service);
    await install.ask('/variables', { method: 'POST', body: { service, name: 'WHERE', value: 'here' } }, 201);
    const copy = await install.ask(
      `/environments/${from}/duplicate`,
      { method: 'POST', body: { name: 'Next', slug: 'next' } },
      201,
    );
    const to = String(field(copy, 'id'));
    const target = String(field(await install.ask(`/services?environment=${to}`), 'items', 0, 'id'));
    const variable = field(await install.ask(`/variables?service=${target}`), 'items', 0, 'id');
    await install.ask(`/variables/${String(variable)}`, { method: 'PATCH', body: { value: 'there' } });
    return { service, from, to, target };
  }
  const promote = async (deployment: string, environment: string, status = 201) =>
    install.ask(`/deployments/${deployment}/promote`, { method: 'POST', body: { environment } }, status);
  const idOf = (document: unknown) => String(field(document, 'id'));
  const phase = (document: Awaited<ReturnType<Install['deployment']>>, name: string) =>
    document.phases.find((one) => one.name === name);

  it('runs the very artifact with the variables of its own environment, without a build', async () => {
    const { service, target, to } = await pair();
    const first = await install.reaches(await install.deploy(service, source), 'live');
    expect((await install.get(service)).text).to.equal('here built\n');
    const done = await install.reaches(idOf(await promote(first.id, to)), 'live');
    expect(done).to.deep.include({ service: target, promotedFrom: first.id, artifact: first.artifact });
    expect(done.source).to.deep.equal(first.source);
    for (const name of ['plan', 'build']) expect(phase(done, name)?.status, name).to.equal('skipped');
    expect(await install.tasksOf(done.id)).to.satisfy((rows: { phase: string }[]) =>
      rows.every((row) => row.phase !== 'build'),
    );
    expect((await install.get(target)).text).to.equal('there built\n');
    expect((await install.get(service)).text).to.equal('here built\n');
    const [here, there] = await Promise.all(
      [service, target].map(async (one) => field(await install.ask(`/services/${one}`), 'urls', 0)),
    );
    expect(here).not.to.equal(there);

    const variable = field(await install.ask(`/variables?service=${target}`), 'items', 0, 'id');
    await install.ask(`/variables/${String(variable)}`, { method: 'PATCH', body: { value: 'elsewhere' } });
    const again = idOf(await install.ask('/deployments', { method: 'POST', body: { service: target } }, 201));
    const kept = await install.reaches(again, 'live');
    expect(kept).to.deep.include({ promotedFrom: first.id, artifact: first.artifact });
    expect((await install.get(target)).text).to.equal('elsewhere built\n');
  });

  it('is refused where there is nothing to promote or nowhere to promote it to', async () => {
    const { service, from, to, target } = await pair();
    const failing = await install.deploy(service, app('x', { atStart: 'process.exit(3);' }));
    await install.reaches(failing, 'failed');
    expect(await promote(failing, to, 409)).to.include({
      code: 'CONFLICT_NOT_LIVE',
      detail: 'Deployment #1 is failed, and only what serves is promoted.',
    });
    const live = await install.deploy(service, source);
    await install.reaches(live, 'live');
    expect(await promote(live, from, 409)).to.include({ code: 'CONFLICT_SAME_ENVIRONMENT' });
    const image = { spec: { source: { kind: 'image', image: 'nginx:1' } } };
    await install.ask(`/services/${target}`, { method: 'PATCH', body: image });
    expect(await promote(live, to, 409)).to.include({ code: 'CONFLICT_IMAGE_SOURCE' });
    await install.ask(`/services/${target}?confirm=app`, { method: 'DELETE' });
    expect(await promote(live, to, 409)).to.include({
      code: 'CONFLICT_NO_SERVICE',
      detail: 'There is no service "app" in next, so there is nowhere to promote it to.',
    });
    const elsewhere = await environmentOf(await install.service());
    expect(await promote(live, elsewhere, 404)).to.include({ code: 'NOT_FOUND' });
    expect(await promote(target, to, 404)).to.include({ code: 'NOT_FOUND' });
    const { pool } = install.test.database;
    const other = '01900000-0000-7000-8000-000000000001';
    await pool.query(`insert into plugin_auth.organisations values ($1, 'other', 'Other', now())`, [other]);
    const theirs = { method: 'POST', organisation: 'other', body: { environment: to } } as const;
    expect(await install.ask(`/deployments/${live}/promote`, theirs, 404)).to.include({ code: 'NOT_FOUND' });
  });
});
