import { readFile, rm, writeFile } from 'node:fs/promises';
import { ContainrError } from '@containr/sdk';
import { processIdentity } from './process-identity.ts';

/**
 * Notes that a process uses a database folder: this one, or the `keeper` that runs the database for it and may do so already.
 * Throws `DATA_IN_USE` (409) while another living process does: two control planes would end each other's database. Call the
 * result to give the folder back.
 */
export async function claimFolder(file: string, keeper?: number): Promise<() => Promise<void>> {
  const pid = keeper ?? process.pid;
  const holder = (await readFile(file, 'utf8').catch(() => '')).trim();
  const [by = ''] = holder.split(' ');
  if (holder !== '' && Number(by) !== keeper && (await processIdentity(Number(by))) === holder) throw dataInUse(by);
  await writeFile(file, (await processIdentity(pid)) ?? `${pid} -`, { mode: 0o600 });
  return () => rm(file, { force: true });
}

/** Another process works on the data folder. */
export function dataInUse(pid: string): ContainrError {
  return new ContainrError({
    code: 'DATA_IN_USE',
    status: 409,
    detail: `Process ${pid} already runs a Containr on this data folder.`,
    hint: 'Stop it first, or start this one with another --data folder.',
  });
}
