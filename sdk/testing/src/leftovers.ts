import { readdir, readFile } from 'node:fs/promises';

/**
 * Ends what a test's nodes left running on purpose: routers and replicas outlive control plane and agent, and would outlive
 * the test. They are told by the test's own data folder in their arguments. Linux only; elsewhere nothing is found.
 */
export async function endLeftovers(data: string): Promise<void> {
  const entries = await readdir('/proc').catch(() => []);
  for (const pid of entries.map(Number).filter((one) => one > 1 && one !== process.pid)) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!line.includes(`${data}/`)) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}
