import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { DeploymentDocument } from '@containr/plugin-deployments/contract';
import type { ServiceDocument } from '@containr/plugin-projects/contract';
import { Owner } from '../road/api.ts';
import { get } from '../road/http.ts';
import { Install } from '../road/install.ts';
import { pathWithoutDocker } from '../road/path.ts';
import { Repository } from '../road/repository.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../sdk/cli/bin/containr.mjs', import.meta.url));
const app = {
  'package.json': JSON.stringify({ name: 'app', private: true, scripts: { start: 'node server.js' } }),
  'server.js': `require('node:http').createServer((q, s) => s.end('it is ' + process.env.TOKEN)).listen(process.env.PORT);`,
};

describe('a whole install, saved and brought back', function () {
  this.timeout(300_000);
  let folder: string;
  let install: Install;
  let restored: Install;
  let repository: Repository;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-saved-'));
    const env = { CONTAINR_RUNTIME: 'process', PATH: pathWithoutDocker() };
    install = await Install.prepare(env, ['--no-sample']);
    restored = await Install.prepare(env, ['--no-sample']);
  });
  after(async () => {
    await repository?.remove();
    await restored?.destroy();
    await install?.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  async function containr(...args: string[]): Promise<string> {
    const env = { ...process.env, CONTAINR_BACKUP_PASSPHRASE: 'a river of four words' };
    return (await run(process.execPath, [program, ...args], { env })).stdout;
  }

  it('has its accounts, services, secrets and repositories, and deploys again', async () => {
    const ready = await install.start();
    const owner = await Owner.claim(ready.dashboard, ready.setup);
    const service = await owner.makeService('shop', 'web', { watchMs: 500 });
    await owner.post('/variables', { service: service.id, name: 'TOKEN', kind: 'secret', value: 'well kept' });
    repository = await Repository.make(app);
    const push = await repository.push(owner.gitUrl(service));
    expect(push.code, push.output).to.equal(0);
    const before = (await owner.service(service.id)).urls[0] ?? '';
    expect((await get(before)).text).to.equal('it is well kept');
    const first = await owner.latest(service.id);

    const file = join(folder, 'monday.tar.zst');
    expect(await containr('--data', install.data, 'backup', 'create', file)).to.include('encrypted');
    await install.interrupt();
    expect(await containr('restore', file, '--data', restored.data)).to.include('Restored');

    const again = await restored.start();
    expect(again.setup).to.equal(null);
    const back = owner.at(again.dashboard);
    const found = await back.get<{ items: ServiceDocument[] }>('/services', { limit: 10 });
    expect(found.items.map((item) => item.id)).to.deep.equal([service.id]);
    const clone = join(folder, 'clone');
    await run('git', ['clone', '-q', back.gitUrl(await back.service(service.id)), clone]);
    expect((await run('git', ['-C', clone, 'log', '--oneline'])).stdout.trim().split('\n')).to.have.length(1);

    const deployment = await back.post<DeploymentDocument>(`/deployments/${first?.id}/redeploy`);
    await back.settled(deployment.id, ['watching', 'live']);
    expect((await get((await back.service(service.id)).urls[0] ?? '')).text).to.equal('it is well kept');
  });
});
