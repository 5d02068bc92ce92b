import { readFile } from 'node:fs/promises';

/** A process by pid and start time, because pids come round again: that tells it from a stranger with its number. `null`: there is none. */
export async function processIdentity(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return running(pid) ? `${pid} -` : null;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const [state, , , , , , , , , , , , , , , , , , , started = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // One that ended and was not waited for yet does nothing any more.
  return state === 'Z' ? null : `${pid} ${started}`;
}

function running(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
