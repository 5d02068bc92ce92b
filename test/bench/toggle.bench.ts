import { Owner } from '../road/api.ts';
import { get, startLoad } from '../road/http.ts';
import { Install } from '../road/install.ts';
import { until } from '../road/until.ts';
import { median, row } from './measure.ts';

/** From asking to switch a plugin off or on until its route says so, others serving meanwhile; median of 20 switches each way. */
const install = await Install.prepare({ CONTAINR_RUNTIME: 'process' }, ['--no-sample']);
try {
  const ready = await install.start();
  const owner = await Owner.claim(ready.dashboard, ready.setup);
  // It is asked every 2 ms by nobody in particular, which the install would not allow.
  await owner.patch('/settings/kernel', { limitRequests: false });
  const load = startLoad(`${ready.dashboard}/healthz`, 50);
  const times: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    for (const [verb, serves] of [
      ['disable', false],
      ['enable', true],
    ] as const) {
      const begun = performance.now();
      const asked = owner.post(`/plugins/nixpacks/${verb}`);
      await until(
        'the route says so',
        async () => ((await get(`${ready.api}/runtimes`)).status !== 503) === serves,
        10_000,
        2,
      );
      times.push(performance.now() - begun);
      await asked;
    }
  }
  const { failures } = await load.stop();
  if (failures.length > 0) throw new Error(`Requests of others failed: ${failures.slice(0, 3).join('; ')}`);
  row('toggle', median(times), 'ms', '<=100');
} finally {
  await install.destroy();
}
