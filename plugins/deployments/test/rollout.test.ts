import { expect } from 'chai';
import { app } from './app.ts';
import { field, Install } from './install.ts';

/** Answers with a variable; ends at its start when it is told to. */
const reading = app('x', {
  extra: 'r.end(process.env.SAYS ?? "none"); return;',
  atStart: 'if (process.env.BROKEN === "yes") process.exit(3);',
});

describe('changes that are applied together', function () {
  this.timeout(90_000);
  let install: Install;

  before(async () => {
    install = await Install.start();
  });
  after(() => install?.stop());

  /** Two services that serve, `app` reading from `source`. */
  async function pair() {
    const app = await install.service({ watchMs: 0 });
    const environment = String(field(await install.ask(`/services/${app}`), 'environment'));
    const spec = { source: { kind: 'upload' }, watchMs: 0 };
    const body = { environment, name: 'source', slug: 'source', spec };
    const source = String(field(await install.ask('/services', { method: 'POST', body }, 201), 'id'));
    await install.ask('/variables', { method: 'POST', body: { service: source, name: 'SAYS', value: 'one' } }, 201);
    await install.ask(
      '/variables',
      { method: 'POST', body: { service: app, name: 'SAYS', value: '${{source.SAYS}}!' } },
      201,
    );
    for (const service of [source, app]) await install.reaches(await install.deploy(service, reading), 'live');
    expect((await install.get(app)).text).to.equal('one!');
    return { app, source, environment };
  }
  const apply = async (environment: string, ...changes: object[]) => {
    const body = { environment, changes };
    const answer = await install.ask('/changes/apply', { method: 'POST', body });
    return field(answer, 'deployments') as { service: string; deployment: string | null; reason: string | null }[];
  };

  it('are rolled out in the order of references, without a build', async () => {
    const { app, source, environment } = await pair();
    const [first, second] = await apply(environment, { variable: { service: source, name: 'SAYS', value: 'two' } });
    expect([first?.service, second?.service]).to.deep.equal([source, app]);
    const after = await install.reaches(String(second?.deployment), 'live', 'watching');
    const before = await install.reaches(String(first?.deployment), 'live', 'watching');
    expect((await install.get(app)).text).to.equal('two!');
    const begun = (of: typeof after) => Date.parse(of.phases[0]?.startedAt ?? '');
    expect(begun(after)).to.be.at.least(Date.parse(before.liveAt ?? ''));
    expect(after.phases.find((phase) => phase.name === 'build')?.status).to.equal('skipped');
  });

  it('leave who reads of one that failed as it is', async () => {
    const { app, source, environment } = await pair();
    const [first, second] = await apply(
      environment,
      { variable: { service: source, name: 'SAYS', value: 'three' } },
      { variable: { service: source, name: 'BROKEN', value: 'yes' } },
    );
    await install.reaches(String(first?.deployment), 'failed');
    await install.reaches(String(second?.deployment), 'cancelled');
    const { cause } = await install.deployment(String(second?.deployment));
    expect(cause?.detail).to.match(/^It reads variables of .*source.*, whose #2 failed\.$/);
    expect((await install.get(app)).text).to.equal('one!');
  });

  it('begin nothing twice, and nothing of what was never deployed', async () => {
    const { source, environment } = await pair();
    const spec = { source: { kind: 'upload' } };
    const body = { environment, name: 'idle', slug: 'idle', spec };
    const idle = String(field(await install.ask('/services', { method: 'POST', body }, 201), 'id'));
    const outcomes = await apply(environment, { variable: { environment, name: 'SHARED', value: '1' } });
    expect(outcomes).to.have.lengthOf(3);
    expect(outcomes.find((one) => one.service === idle)).to.include({
      deployment: null,
      reason: 'It has not been deployed yet.',
    });
    await install.reaches(String(outcomes.find((one) => one.service === source)?.deployment), 'live');
    const list = await install.ask(`/deployments?environment=${environment}`);
    expect(field(list, 'items')).to.have.lengthOf(4);
  });
});
