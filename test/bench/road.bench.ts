import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentDocument } from '@containr/plugin-deployments/contract';
import { Owner } from '../road/api.ts';
import { nodeApp } from '../road/apps.ts';
import { get } from '../road/http.ts';
import { Install } from '../road/install.ts';
import { Repository } from '../road/repository.ts';
import { until } from '../road/until.ts';
import { median, row } from './measure.ts';

/** What the road takes beyond a bare install and start of the same app, on the process runtime; median of 7 interleaved pairs. */
const install = await Install.prepare({ CONTAINR_RUNTIME: 'process' }, ['--no-sample']);
const folder = await mkdtemp(join(tmpdir(), 'containr-bare-'));
try {
  const ready = await install.start();
  const owner = await Owner.claim(ready.dashboard, ready.setup);
  const service = await owner.makeService('bench', 'app', { watchMs: 0 });
  const repository = await Repository.make(nodeApp('warm up'));
  await repository.push(owner.gitUrl(service));
  const differences: number[] = [];
  for (let pair = 0; pair < 7; pair += 1) {
    const files = nodeApp(`version ${pair}`);
    const bare = await bareSeconds(files, 33_100 + pair);
    await repository.commit(`Version ${pair}`, files);
    await repository.push(owner.gitUrl(service));
    const deployment = await until('it is live', async () => {
      const latest: DeploymentDocument | undefined = await owner.latest(service.id);
      return latest?.source.message?.startsWith(`Version ${pair}`) && latest.liveAt ? latest : undefined;
    });
    const road = (Date.parse(deployment.liveAt ?? '') - Date.parse(deployment.createdAt)) / 1000;
    differences.push(road - bare);
  }
  await repository.remove();
  row('road', median(differences), 's', '<=1.0');
} finally {
  await install.destroy();
  await rm(folder, { recursive: true, force: true });
}

/** Seconds that `npm install` and a start until the first answer take without us. */
async function bareSeconds(files: Readonly<Record<string, string>>, port: number): Promise<number> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const begun = performance.now();
  const packages = spawn('npm', ['install', '--no-audit', '--no-fund', '--omit=dev', '--loglevel=error'], {
    cwd: folder,
    stdio: 'ignore',
  });
  await new Promise((resolve) => packages.once('exit', resolve));
  const app = spawn(process.execPath, ['server.js'], {
    cwd: folder,
    env: { ...process.env, PORT: String(port) },
    stdio: 'ignore',
  });
  try {
    await until('the bare app answers', async () => (await get(`http://127.0.0.1:${port}/`)).status === 200, 20_000, 5);
    return (performance.now() - begun) / 1000;
  } finally {
    app.kill('SIGKILL');
  }
}
