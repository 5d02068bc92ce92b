import { readdir, readFile } from 'node:fs/promises';

/** Kills the processes that were started out of a test's own folder: its path is in their arguments, and in nobody else's. */
export async function endProcessesOf(folder: string): Promise<void> {
  if (!folder.includes('/containr-platform-')) throw new Error(`${folder} is not a folder of a test.`);
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (!line.includes(`${folder}/`)) continue;
    try {
      process.kill(Number(name), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}
