import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Owner } from '../road/api.ts';
import { nodeApp } from '../road/apps.ts';
import { BuiltTree } from '../road/built-tree.ts';
import { get, startLoad } from '../road/http.ts';
import type { Ready } from '../road/install.ts';
import { Install } from '../road/install.ts';
import { pathWithoutDocker } from '../road/path.ts';
import { Repository } from '../road/repository.ts';
import { until } from '../road/until.ts';

interface InstallAnswer {
  readonly serving: { version: string; generation: number } | null;
  readonly change: {
    status: string;
    reason: string;
    by: string | null;
    cause: { code: string; detail: string } | null;
  } | null;
}

const command = fileURLToPath(new URL('../../sdk/cli/bin/containr.mjs', import.meta.url));
const plugin = 'plugins/dockerfile';
const routes = (answer: string, more: string): string => `
        const common = { method: 'GET', public: true, response: {}, summary: 'Which code answers' };
        ctx.http.route({ ...common, path: '/dockerfile/answer', handler: async () => '${answer}' });
        ctx.http.route({ ...common, path: '/dockerfile/slow-answer', handler: async () => {
          await new Promise((resolve) => setTimeout(resolve, 1500));
          return '${answer}';
        } });${more}
        addRoutes(ctx);`;

describe('the control plane of a running install is handed over', function () {
  this.timeout(180_000);
  let tree: BuiltTree;
  let install: Install;
  let ready: Ready;
  let owner: Owner;
  let original = '';

  const state = (): Promise<InstallAnswer> => owner.get<InstallAnswer>('/install');
  const changed = (status: string): Promise<InstallAnswer> =>
    until(`the change is ${status}`, async () => {
      const now = await state();
      return now.change?.status === status ? now : undefined;
    });
  /** Brings the plugin's code to one that gives this answer; `more` is further code of its set-up. */
  const writePlugin = (answer: string, more = ''): Promise<void> =>
    tree.change(`${plugin}/dist/plugin.js`, () => original.replace('addRoutes(ctx);', routes(answer, more)));

  /** The command line on this machine. */
  const containr = async (...args: string[]): Promise<{ code: number; output: string }> =>
    new Promise((resolve) => {
      const argv = [command, '--data', install.data, ...args];
      execFile(process.execPath, argv, { timeout: 60_000 }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? -1) : 0, output: stdout + stderr }),
      );
    });

  before(async () => {
    tree = await BuiltTree.copy();
    await tree.change(`${plugin}/dist/plugin.js`, (text) => `${(original = text)}\n`);
    await writePlugin('first');
    install = await Install.prepare(
      { CONTAINR_RUNTIME: 'process', PATH: pathWithoutDocker() },
      ['--no-sample'],
      tree.root,
    );
    ready = await install.start();
    owner = await Owner.claim(ready.dashboard, ready.setup);
    await owner.patch('/settings/kernel', { limitRequests: false });
  });
  after(async () => {
    await install?.destroy();
    await tree?.remove();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(install.lines.slice(-5).join('\n'), await install.log());
  });

  it('new code of a plugin serves after a restart; no request fails, the slow ones neither; the agent is the same', async () => {
    const agent = await install.agentPid();
    const load = startLoad(`${ready.api}/dockerfile/answer`, 150);
    const slow = startLoad(`${ready.api}/dockerfile/slow-answer`, 10);
    await until('the first one answers', async () => (load.seen.texts.get('"first"') ?? 0) > 100);
    await writePlugin(
      'second',
      `ctx.http.route({ ...common, path: '/dockerfile/added', handler: async () => 'added' });`,
    );
    await tree.change(`${plugin}/package.json`, (text) => text.replace('"version": "0.1.0"', '"version": "0.2.0"'));
    const asked = await owner.post<InstallAnswer>('/install/restart');
    expect(asked.change).to.include({ status: 'starting', by: 'Set-up' });
    const done = await changed('done');
    expect(done.serving?.generation).to.equal(2);
    await until('the second one answers', async () => (load.seen.texts.get('"second"') ?? 0) > 100);
    for (const { failures, texts } of [await load.stop(), await slow.stop()]) {
      expect(failures, failures.slice(0, 5).join('\n')).to.deep.equal([]);
      expect([...texts.keys()].sort()).to.deep.equal(['"first"', '"second"']);
    }
    expect((await get(`${ready.api}/dockerfile/added`)).text).to.equal('"added"');
    const { items } = await owner.get<{ items: { name: string; version: string }[] }>('/plugins', { limit: 100 });
    expect(items.find((one) => one.name === 'dockerfile')?.version).to.equal('0.2.0');
    expect(await install.agentPid()).to.equal(agent);
    const audit = await owner.get<{ items: { action: string }[] }>('/audit', { search: 'install/restart' });
    expect(audit.items, 'the restart is in the audit log').to.have.length(1);
  });

  it('a deployment that is being built goes on, and the agent is with the new one at once', async () => {
    const service = await owner.makeService('shop', 'web', { watchMs: 500 });
    const repository = await Repository.make({
      ...nodeApp('built through a restart'),
      'package.json': JSON.stringify({
        name: 'app',
        private: true,
        engines: { node: '24.x' },
        scripts: { build: 'sleep 6', start: 'node server.js' },
      }),
    });
    try {
      const pushed = repository.push(owner.gitUrl(service));
      const building = await until('it builds', async () => {
        const latest = await owner.latest(service.id);
        return latest?.phase === 'build' ? latest : undefined;
      });
      install.hangUp();
      await changed('draining');
      await until(
        'the agent is connected',
        async () =>
          (await owner.get<{ items: { state: string }[] }>('/nodes')).items.every((node) => node.state === 'reachable'),
        3000,
      );
      await owner.settled(building.id, ['watching', 'live']);
      expect((await owner.latest(service.id))?.id, 'there was one attempt').to.equal(building.id);
      const push = await pushed;
      expect(push.code, push.output).to.equal(0);
      const url = (await owner.service(service.id)).urls[0] ?? '';
      expect((await get(url)).text).to.equal('built through a restart');
      await changed('done');
    } finally {
      await repository.remove();
    }
  });

  it('code that does not start leaves the one before serving, and the answer says why', async () => {
    const load = startLoad(`${ready.api}/dockerfile/answer`, 100);
    const before = (await state()).serving;
    await writePlugin('third', `throw new Error('This set-up is broken.');`);
    await owner.post('/install/restart');
    const plain = await changed('failed');
    expect(plain.change?.cause).to.include({ code: 'PLUGIN_LOST' });
    expect(plain.change?.cause?.detail).to.contain('dockerfile').and.contain('This set-up is broken.');
    await writePlugin('third');
    await tree.change('kernel/dist/platform.js', (text) => `throw new Error('This kernel is broken.');\n${text}`);
    const broken = await containr('restart');
    expect(broken.code, broken.output).to.equal(1);
    expect(broken.output).to.contain('serves as before; the new one did not start');
    expect((await state()).serving).to.deep.equal(before);
    await tree.change('kernel/dist/platform.js', (text) => text.slice(text.indexOf('\n') + 1));
    const { failures, texts } = await load.stop();
    expect(failures, failures.slice(0, 5).join('\n')).to.deep.equal([]);
    expect([...texts.keys()]).to.deep.equal(['"second"']);
  });

  it('the command line waits until the new one serves, and says which', async () => {
    const { code, output } = await containr('restart');
    expect(code, output).to.equal(0);
    const { serving } = await state();
    expect(output).to.contain(`Control plane ${serving?.generation ?? 0}, version 0.1.0, serves now.`);
    expect(JSON.parse((await get(`${ready.api}/dockerfile/answer`)).text)).to.equal('third');
    expect((await containr('restart', '--status')).output).to.contain('A restart by console is done');
    await changed('done');
  });

  it('a control plane that is killed is started again on its port, with the database and the agent that ran', async () => {
    const agent = await install.agentPid();
    const { serving } = await state();
    await install.crashControlPlane();
    const now = await changed('done');
    expect(now.change).to.include({ reason: 'crash', by: null });
    expect(now.change?.cause?.detail).to.contain('SIGKILL');
    expect(now.serving?.generation).to.be.greaterThan(serving?.generation ?? 0);
    expect(await install.agentPid()).to.equal(agent);
    const notes = install.lines.filter((line) => line.includes('ended by itself'));
    expect(notes).to.have.length(1);
  });

  it('a supervisor that is killed takes its control plane with it, and the next start finds everything', async () => {
    await install.crash();
    ready = await install.start();
    expect(ready.setup).to.equal(null);
    expect((await state()).serving?.generation).to.equal(1);
    expect(
      await owner.latest((await owner.get<{ items: { id: string }[] }>('/services', { limit: 1 })).items[0]?.id ?? ''),
    ).to.not.equal(undefined);
  });

  it('a second one on the same data folder is refused, and the first goes on', async () => {
    const other = await Install.prepare(
      { CONTAINR_RUNTIME: 'process' },
      ['--no-sample', '--data', install.data],
      tree.root,
    );
    try {
      const refusal = await other.start().then(
        () => 'it started',
        (error: unknown) => String(error),
      );
      expect(refusal).to.contain('DATA_IN_USE');
      expect((await get(`${ready.dashboard}/readyz`)).status).to.equal(200);
    } finally {
      await other.destroy();
    }
  });

  it('one that crashes again and again is given up with a sentence that says what to do', async () => {
    await tree.change('kernel/dist/platform.js', (text) => `throw new Error('This kernel is broken.');\n${text}`);
    process.kill(await install.controlPlanePid(), 'SIGKILL');
    expect(await install.ended).to.equal(1);
    const said = install.lines.map((line) => JSON.parse(line) as { event: string; code?: string; hint?: string });
    expect(said.at(-1)).to.include({ event: 'error', code: 'CONTROL_PLANE_CRASHES' });
    expect(said.at(-1)?.hint).to.contain('containr.log');
  });
});
