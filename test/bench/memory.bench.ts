import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Install } from '../road/install.ts';
import { median, row } from './measure.ts';

interface Resident {
  /** Memory of its own, in kB. */
  readonly own: number;
  /** Pages of program files, in kB. */
  readonly file: number;
}

async function resident(pid: number): Promise<Resident> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kB = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  return { own: kB('RssAnon') + kB('RssShmem'), file: kB('RssFile') };
}

/**
 * Resident memory of supervisor and control plane, idle, all plugins on, without Postgres, agent and ingress; median of 5
 * readings. Both run the same program file: of its pages, what the supervisor uses the control plane does too, so `memory` counts
 * them once. `memory-sum` is what adding up the two processes' resident sizes gives.
 */
const install = await Install.prepare({ CONTAINR_RUNTIME: 'process' }, ['--no-sample']);
try {
  await install.start();
  const once: number[] = [];
  const sum: number[] = [];
  const supervisorOwn: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    await sleep(4000);
    const [supervisor, controlPlane] = await Promise.all([
      resident(install.pid),
      resident(await install.controlPlanePid()),
    ]);
    const own = supervisor.own + controlPlane.own;
    once.push((own + Math.max(supervisor.file, controlPlane.file)) / 1024);
    sum.push((own + supervisor.file + controlPlane.file) / 1024);
    supervisorOwn.push(supervisor.own / 1024);
  }
  row('memory', median(once), 'MB', '<=120');
  row('memory-sum', median(sum), 'MB', 'none');
  row('memory-supervisor', median(supervisorOwn), 'MB', 'none');
} finally {
  await install.destroy();
}
