import { readdir, readFile } from 'node:fs/promises';

/** Ends what outlives agents on purpose (ingress, replicas), known by the test's own folder in its command line. */
export async function endLeftRunning(folder: string): Promise<void> {
  const ids = await readdir('/proc').catch(() => []);
  for (const id of ids) {
    if (!/^\d+$/.test(id) || Number(id) === process.pid) continue;
    const line = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
    if (!line.split('\0').some((argument) => argument.includes(`${folder}/`))) continue;
    try {
      process.kill(Number(id), 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
