import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@containr/sdk';

/**
 * Ends what a killed control plane left of its database on `data`, then removes the stale lock file.
 * A backend that outlives its postmaster still writes to shared memory, so nothing starts before the last one is gone.
 */
export async function endLeftovers(data: string, log: Logger): Promise<void> {
  const lock = join(data, 'postmaster.pid');
  const text = await readFile(lock, 'utf8').catch(() => null);
  if (text === null || process.platform !== 'linux') return;
  const postmaster = Number(text.split('\n')[0]);
  const signals = [
    { after: 0, signal: 'SIGINT' },
    { after: 10_000, signal: 'SIGQUIT' },
    { after: 15_000, signal: 'SIGKILL' },
  ] as const;
  const began = Date.now();
  let sent = 0;
  for (let left = await running(data); left.length > 0; left = await running(data)) {
    const next = signals[sent];
    if (next && Date.now() - began >= next.after) {
      log.warn({ pids: left, signal: next.signal }, 'Ending what a former run left of the database');
      const whole = left.includes(postmaster);
      for (const pid of left) if (pid === postmaster || !whole || sent > 0) send(pid, whole ? next.signal : 'SIGQUIT');
      sent += 1;
    }
    await sleep(20);
  }
  await rm(lock, { force: true });
}

/** Pids of the database's processes that work in `data`. */
async function running(data: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const [program, folder] = await Promise.all([readlink(`/proc/${pid}/exe`), readlink(`/proc/${pid}/cwd`)]);
        return basename(program.replace(/ \(deleted\)$/, '')) === 'postgres' && folder === data ? [pid] : [];
      } catch {
        // It ended meanwhile, or belongs to somebody else.
        return [];
      }
    }),
  );
  return found.flat();
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
