import { readFile, rm, writeFile } from 'node:fs/promises';
import { ContainrError } from '@containr/sdk';

/**
 * Notes that this process uses a database folder. Throws `DATA_IN_USE` (409) while another living process does:
 * two control planes would end each other's database. Call the result to give the folder back.
 */
export async function claimFolder(file: string): Promise<() => Promise<void>> {
  const holder = (await readFile(file, 'utf8').catch(() => '')).trim();
  const [pid = ''] = holder.split(' ');
  if (holder !== '' && (await identity(Number(pid))) === holder) {
    throw new ContainrError({
      code: 'DATA_IN_USE',
      status: 409,
      detail: `Process ${pid} already runs a Containr on this data folder.`,
      hint: 'Stop it first, or start this one with another --data folder.',
    });
  }
  await writeFile(file, (await identity(process.pid)) ?? `${process.pid} -`, { mode: 0o600 });
  return () => rm(file, { force: true });
}

// Pids come round again; the start time tells the holder from a stranger with its number.
async function identity(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return running(pid) ? `${pid} -` : null;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat === null ? null : `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
}

function running(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
