import { expect } from 'chai';
import { until } from '@containr/testing';
import { app } from './app.ts';
import { Install } from './install.ts';

describe('the road', function () {
  this.timeout(90_000);
  let install: Install;

  before(async () => {
    install = await Install.start();
  });
  after(() => install?.stop());

  it('makes an uploaded application live, switches to the next version, and retires the first', async () => {
    const service = await install.service();
    const first = await install.deploy(service, app('one'));
    const live = await install.reaches(first, 'live');
    expect((await install.get(service)).text).to.equal('one\n');
    expect(live.phases.map((phase) => [phase.name, phase.status])).to.deep.equal([
      ['request', 'done'],
      ['source', 'done'],
      ['plan', 'done'],
      ['build', 'done'],
      ['release', 'skipped'],
      ['place', 'done'],
      ['start', 'done'],
      ['health', 'done'],
      ['route', 'done'],
      ['watch', 'done'],
      ['retire', 'skipped'],
    ]);
    await until('its lines are kept', async () => {
      const lines = await install.lines(first);
      return lines.includes('building') && lines.includes('listening for one');
    });
    const second = await install.deploy(service, app('two'));
    await install.reaches(second, 'live');
    expect((await install.get(service)).text).to.equal('two\n');
    expect((await install.deployment(first)).status).to.equal('retired');
  });

  it('fails no request while it switches, with slow answers under way', async () => {
    const service = await install.service({ watchMs: 1000 });
    const slowly = {
      extra: `if (q.url === '/slow') { setTimeout(() => r.end(readFileSync('built.txt')), 1500); return; }`,
    };
    await install.reaches(await install.deploy(service, app('one', slowly)), 'live');
    const load = await install.load(service, { perSecond: 50, slowEvery: 25 });
    await install.reaches(await install.deploy(service, app('two', slowly)), 'live');
    const { failed, seen, sent } = await load.stop();
    expect(failed, `of ${sent}`).to.deep.equal([]);
    expect([...seen].sort()).to.deep.equal(['one\n', 'two\n']);
  });
});
