import type { DeploymentDocument } from '@containr/plugin-deployments/contract';
import { Owner } from '../road/api.ts';
import { nodeApp } from '../road/apps.ts';
import { Install } from '../road/install.ts';
import { Repository } from '../road/repository.ts';
import { until } from '../road/until.ts';
import { median, row } from './measure.ts';

/** Seconds from the request that changes a variable to the route switch of what takes it over; median of 11 on the process runtime. */
const install = await Install.prepare({ CONTAINR_RUNTIME: 'process' }, ['--no-sample']);
try {
  const ready = await install.start();
  const owner = await Owner.claim(ready.dashboard, ready.setup);
  const service = await owner.makeService('bench', 'app', { watchMs: 0 });
  const repository = await Repository.make(nodeApp('variables'));
  await repository.push(owner.gitUrl(service));
  await until('the first one is live', async () => (await owner.latest(service.id))?.status === 'live');
  const seconds: number[] = [];
  for (let change = 0; change < 11; change += 1) {
    const begun = Date.now();
    const variable = { service: service.id, name: 'CHANGE', value: String(change) };
    const { deployments } = await owner.post<{ deployments: { deployment: string }[] }>('/changes/apply', {
      environment: service.environment,
      changes: [{ variable }],
    });
    const deployment = await until('it took over', async () => {
      const latest: DeploymentDocument | undefined = await owner.latest(service.id);
      return latest?.id === deployments[0]?.deployment && latest?.status === 'live' ? latest : undefined;
    });
    seconds.push((Date.parse(deployment.liveAt ?? '') - begun) / 1000);
  }
  await repository.remove();
  row('variable', median(seconds), 's', '<=2.0');
} finally {
  await install.destroy();
}
