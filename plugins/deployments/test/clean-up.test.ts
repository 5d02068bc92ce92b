import { access } from 'node:fs/promises';
import { expect } from 'chai';
import { validate } from '@containr/sdk/host';
import { until } from '@containr/testing';
import { CleanUpPreview } from '../src/clean-up/documents.ts';
import type { DeploymentDocument } from '../src/contract.ts';
import { app } from './app.ts';
import { field, Install } from './install.ts';

describe('a clean-up', function () {
  this.timeout(90_000);
  let install: Install;
  let service: string;
  let live: DeploymentDocument[];

  before(async () => {
    install = await Install.start({ keepVersions: 1, artifactDays: 0 });
    service = await install.service();
    live = [];
    for (const text of ['one', 'two', 'three', 'four'])
      live.push(await install.reaches(await install.deploy(service, app(text)), 'live'));
  });
  after(() => install?.stop());

  const there = (of: DeploymentDocument): Promise<boolean> =>
    access(of.artifact?.reference ?? '').then(
      () => true,
      () => false,
    );

  async function cleanUp(): Promise<unknown> {
    const begun = await install.ask('/clean-up', { method: 'POST' }, 202);
    return until('it has ended', async () => {
      const run = await install.ask(`/clean-up/runs/${String(field(begun, 'id'))}`);
      return field(run, 'endedAt') === null ? null : run;
    });
  }

  it('is shown before it is done, and takes nothing that serves, is pinned, or is needed for a rollback', async () => {
    const [one, two, three, four] = live;
    if (!one || !two || !three || !four) throw new Error('Four versions were live.');
    await install.ask(`/deployments/${one.id}`, { method: 'PATCH', body: { pinned: true } });
    const preview = validate<CleanUpPreview>(CleanUpPreview, await install.ask('/clean-up'), 'The preview');
    expect(preview.removes.map(({ deployment, reason }) => ({ deployment, reason }))).to.deep.equal([
      { deployment: two.id, reason: 'age' },
      { deployment: three.id, reason: 'age' },
    ]);
    const kept = preview.keeps.filter(({ kind }) => kind === 'artifact').map(({ reason, count }) => [reason, count]);
    expect(kept).to.have.deep.members([
      ['pinned', 1],
      ['serves', 1],
    ]);
    expect(await there(two), 'a preview removes nothing').to.equal(true);
    const run = await cleanUp();
    expect(field(run, 'removed')).to.equal(2);
    expect(field(run, 'freedBytes')).to.equal(preview.removeBytes);
    expect(await Promise.all([one, two, three, four].map(there))).to.deep.equal([true, false, false, true]);
    const removed = await install.ask('/clean-up/removals');
    expect(field(removed, 'items', 0, 'freedAt')).to.be.a('string');
    expect((await install.get(service)).text).to.equal('four\n');
  });

  it('leaves a way back: what is gone says so, and is built again from its source', async () => {
    const [, two] = live;
    const refused = await install.test.console(`/deployments/${two?.id}/rollback`, {
      method: 'POST',
      organisation: 'default',
    });
    expect([refused.status, refused.field('code')]).to.deep.equal([409, 'ARTIFACT_GONE']);
    const again = await install.ask(`/deployments/${two?.id}/rollback?rebuild=true`, { method: 'POST' }, 201);
    const back = await install.reaches(String(field(again, 'id')), 'live');
    expect(back.phases.find(({ name }) => name === 'build')?.status).to.equal('done');
    expect((await install.get(service)).text).to.equal('two\n');
  });

  it('and a rollback at the same moment end in one or the other, never in between', async () => {
    const [one] = live;
    await install.ask(`/deployments/${one?.id}`, { method: 'PATCH', body: { pinned: false } });
    const [, answer] = await Promise.all([
      cleanUp(),
      install.test.console(`/deployments/${one?.id}/rollback`, { method: 'POST', organisation: 'default' }),
    ]);
    if (answer.status === 409) {
      expect(answer.field('code')).to.equal('ARTIFACT_GONE');
      expect((await install.get(service)).text).to.equal('two\n');
    } else {
      await install.reaches(String(answer.field('id')), 'live');
      expect((await install.get(service)).text).to.equal('one\n');
    }
  });
});
