import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { DeploymentDocument } from '@containr/plugin-deployments/contract';
import type { ServiceDocument } from '@containr/plugin-projects/contract';
import { Owner } from '../road/api.ts';
import { brokenBuild, crashesWhenAsked, neverListens, nodeApp } from '../road/apps.ts';
import { get, startLoad } from '../road/http.ts';
import type { Ready } from '../road/install.ts';
import { Install } from '../road/install.ts';
import { Repository } from '../road/repository.ts';
import { until } from '../road/until.ts';

/** The main road from a bare install, on one runtime: what every runtime has to pass. */
export function describeRoad(runtime: 'process' | 'docker', env: Record<string, string>): void {
  describe(`the main road on ${runtime}`, function () {
    this.timeout(300_000);
    let install: Install;
    let ready: Ready;
    let owner: Owner;
    let service: ServiceDocument;
    let repository: Repository;
    let url = '';

    before(async () => {
      install = await Install.prepare({ CONTAINR_RUNTIME: runtime, ...env });
      ready = await install.start();
    });
    after(async () => {
      await repository?.remove();
      await install?.destroy();
    });
    afterEach(async function () {
      if (this.currentTest?.state === 'failed') console.log(await install.log());
    });

    it('starts, and the bundled sample answers', async () => {
      expect(ready.sample).to.be.a('string');
      expect((await get(`${ready.dashboard}/healthz`)).status).to.equal(200);
      expect((await get(String(ready.sample))).text).to.contain('This app runs on your Containr');
    });

    it('lets the first person in, once', async () => {
      owner = await Owner.claim(ready.dashboard, ready.setup);
      const again = await Owner.claim(ready.dashboard, ready.setup).then(
        () => null,
        (error: unknown) => error,
      );
      expect(again).to.have.property('status', 410);
    });

    it('deploys a git push, and tells the pusher plan, log and URL', async () => {
      service = await owner.makeService('shop', 'web', { watchMs: 1000 });
      repository = await Repository.make(nodeApp('version one'));
      const push = await repository.push(owner.gitUrl(service));
      expect(push.code, push.output).to.equal(0);
      url = (await owner.service(service.id)).urls[0] ?? '';
      expect(push.output).to.contain(url);
      expect(push.output).to.match(/node/i);
      expect((await get(url)).text).to.equal('version one');
      const deployment = await owner.latest(service.id);
      expect(deployment?.phases.filter((phase) => phase.status === 'failed')).to.deep.equal([]);
      expect(deployment?.source.commit).to.match(/^[0-9a-f]{40}$/);
    });

    it('switches to the next version without a failed request', async () => {
      const load = startLoad(url, 100);
      await sleep(2000);
      await repository.commit('Second version', nodeApp('version two'));
      const push = await repository.push(owner.gitUrl(service));
      expect(push.code, push.output).to.equal(0);
      await until('the second version answers', async () => (await get(url)).text === 'version two');
      await sleep(3000);
      const result = await load.stop();
      expect(result.failures, JSON.stringify(result.failures.slice(0, 5))).to.have.length(0);
      expect([...result.texts.keys()].sort()).to.deep.equal(['version one', 'version two']);
    });

    it('keeps the live version when a build fails, and says why', async () => {
      const failed = await pushBroken(brokenBuild);
      expect(failed.cause?.code).to.equal('BUILD_FAILED');
      expect(failed.cause?.hint).to.be.a('string').and.not.equal('');
    });

    it('keeps the live version when the app never listens', async () => {
      await owner.client.request('PATCH', `/services/${service.id}`, {
        body: { spec: { health: { startPeriodMs: 3000 } } },
      });
      const failed = await pushBroken(neverListens);
      expect(failed.cause?.code).to.equal('PORT_NOT_LISTENING');
    });

    it('switches back when the new version crashes in its watch window', async () => {
      await owner.client.request('PATCH', `/services/${service.id}`, { body: { spec: { watchMs: 20_000 } } });
      // The version before answers there too, so only the new one dies of it, and only once visitors reach it.
      const failed = await pushBroken(crashesWhenAsked, () => get(new URL('/crash', url).href));
      expect(failed.cause?.code).to.equal('CRASHED_AFTER_SWITCH');
    });

    async function pushBroken(
      files: Record<string, string>,
      meanwhile: () => Promise<unknown> = () => Promise.resolve(),
    ): Promise<DeploymentDocument> {
      const before = await owner.latest(service.id);
      await repository.commit('Broken version', files);
      await repository.push(owner.gitUrl(service));
      const failed = await until('the deployment failed', async () => {
        await meanwhile().catch(() => undefined);
        const latest = await owner.latest(service.id);
        return latest && latest.id !== before?.id && latest.status === 'failed' ? latest : undefined;
      });
      await until('the version before answers', async () => (await get(url)).text === 'version two', 10_000);
      const status = await owner.service(service.id);
      expect(status.liveDeployment?.number).to.be.lessThan(failed.number);
      return failed;
    }

    it('refuses a push to a service that does not exist, and a wrong password', async () => {
      const unknown = await repository.push(owner.gitUrl(service).replace('/web.git', '/nothing.git'));
      expect(unknown.code).to.not.equal(0);
      const wrong = new URL(owner.gitUrl(service));
      wrong.password = 'ctr_wrong';
      expect((await repository.push(wrong.href)).code).to.not.equal(0);
    });

    it('rolls back to the first version', async () => {
      await owner.client.request('PATCH', `/services/${service.id}`, { body: { spec: { watchMs: 500 } } });
      const page = await owner.get<{ items: { id: string; number: number }[] }>('/deployments', {
        service: service.id,
        limit: 50,
      });
      const first = page.items.find((item) => item.number === 1);
      const back = await owner.post<DeploymentDocument>(`/deployments/${first?.id}/rollback`);
      await owner.settled(back.id, ['watching', 'live']);
      expect((await get(url)).text).to.equal('version one');
      expect((await owner.deployment(back.id)).rollbackOf).to.equal(first?.id);
    });

    it('cancels a deployment that builds', async () => {
      await repository.commit('Slow build', {
        'package.json': JSON.stringify({
          name: 'app',
          private: true,
          engines: { node: '24.x' },
          scripts: { build: 'sleep 120', start: 'node server.js' },
        }),
      });
      const before = await owner.latest(service.id);
      const pushed = repository.push(owner.gitUrl(service));
      const building = await until('it builds', async () => {
        const latest = await owner.latest(service.id);
        return latest && latest.id !== before?.id && latest.phase === 'build' ? latest : undefined;
      });
      await owner.post(`/deployments/${building.id}/cancel`);
      const cancelled = await until('it is cancelled', async () => {
        const found = await owner.deployment(building.id);
        return found.status === 'cancelled' ? found : undefined;
      });
      expect(cancelled.phases.some((phase) => phase.status === 'running')).to.equal(false);
      await pushed;
      expect((await get(url)).text).to.equal('version one');
    });

    it('switches a plugin off and on while others serve', async () => {
      const load = startLoad(`${ready.dashboard}/healthz`, 50);
      await owner.post('/plugins/nixpacks/disable');
      const off = await get(`${ready.api}/runtimes`);
      expect(off.status).to.equal(503);
      expect(JSON.parse(off.text)).to.include({ code: 'PLUGIN_OFF' });
      await owner.post('/plugins/nixpacks/enable');
      await until(
        'its routes are back',
        async () => (await owner.get<{ items: unknown[] }>('/runtimes')).items.length > 0,
      );
      expect((await load.stop()).failures).to.have.length(0);
      expect((await get(url)).status).to.equal(200);
    });

    it('ends a deployment rightly when the agent is killed in its middle', async () => {
      await throughCrash('version after the agent', async () => process.kill(await install.agentPid(), 'SIGKILL'));
    });

    it('ends a deployment rightly when the control plane is killed in its middle', async () => {
      await throughCrash('version after the control plane', () => install.crashControlPlane());
    });

    it('ends a deployment rightly when everything but the apps is killed in its middle', async () => {
      await throughCrash('version after the crash', async () => {
        await install.crash();
        ready = await install.start();
      });
    });

    async function throughCrash(text: string, crash: () => Promise<unknown>): Promise<void> {
      const before = await owner.latest(service.id);
      const slow = {
        ...nodeApp(text),
        'package.json': JSON.stringify({
          name: 'app',
          private: true,
          engines: { node: '24.x' },
          scripts: { build: `sleep 4 && echo ${text.length}`, start: 'node server.js' },
        }),
      };
      await repository.commit(text, slow);
      const pushed = repository.push(owner.gitUrl(service));
      const load = startLoad(url, 50);
      const building = await until('it builds', async () => {
        const latest = await owner.latest(service.id);
        return latest && latest.id !== before?.id && latest.phase === 'build' ? latest : undefined;
      });
      await crash();
      await owner.settled(building.id, ['watching', 'live'], 90_000);
      await pushed;
      await until('the new version answers', async () => (await get(url)).text === text);
      const result = await load.stop();
      expect(result.failures, JSON.stringify(result.failures.slice(0, 5))).to.have.length(0);
    }

    it('stops on Ctrl-C while apps go on, and finds everything at the next start', async () => {
      const before = await owner.latest(service.id);
      await owner.settled(before?.id ?? '', ['live']);
      expect(await install.interrupt()).to.equal(0);
      const text = (await get(url)).text;
      expect(text).to.equal('version after the crash');
      const load = startLoad(url, 50);
      ready = await install.start();
      expect(ready.setup).to.equal(null);
      await until('the service is live', async () => (await owner.service(service.id)).status.state === 'live');
      const result = await load.stop();
      expect(result.failures).to.have.length(0);
      expect((await owner.latest(service.id))?.id).to.equal(before?.id);
      expect((await get(String(ready.sample))).status).to.equal(200);
    });

    it('writes no secret to its log', async () => {
      const log = await readFile(`${install.data}/containr.log`, 'utf8');
      expect(log).to.not.contain(owner.token);
    });
  });
}
