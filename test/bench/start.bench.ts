import { get } from '../road/http.ts';
import { Install } from '../road/install.ts';
import { until } from '../road/until.ts';
import { median, row } from './measure.ts';

/** From the start command to the first answer that says everything is ready, second start and later; median of 5. */
const install = await Install.prepare({ CONTAINR_RUNTIME: 'process' }, ['--no-sample']);
try {
  await install.start();
  await install.interrupt();
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const begun = performance.now();
    const started = install.start();
    await until(
      'it is ready',
      async () => (await get(`http://127.0.0.1:${install.port}/readyz`)).status === 200,
      60_000,
      5,
    );
    times.push(performance.now() - begun);
    await started;
    await install.interrupt();
  }
  row('start', median(times), 'ms', '<=1500');
} finally {
  await install.destroy();
}
