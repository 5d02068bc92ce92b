import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Install } from '../road/install.ts';
import { median, row } from './measure.ts';

/** Resident memory of the control plane, idle, all plugins on, without Postgres, agent and ingress; median of 5 readings. */
const install = await Install.prepare({ CONTAINR_RUNTIME: 'process' }, ['--no-sample']);
try {
  await install.start();
  const readings: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    await sleep(4000);
    const status = await readFile(`/proc/${install.pid}/status`, 'utf8');
    readings.push(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024);
  }
  row('memory', median(readings), 'MB', '<=120');
} finally {
  await install.destroy();
}
