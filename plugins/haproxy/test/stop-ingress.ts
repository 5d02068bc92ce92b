import { glob, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathsIn } from '../src/carrier/paths.ts';

/** Stops a platform that keeps its data there, and removes what its HAProxy has outside of it: a killed one leaves that for its next life. */
export async function stopIngress(data: string, stop: () => Promise<void>): Promise<void> {
  const entrances: string[] = [];
  for await (const path of glob(join(data, '**/haproxy.cfg'))) entrances.push(pathsIn(dirname(path)).entrance);
  await stop();
  for (const entrance of entrances) await rm(entrance, { recursive: true, force: true });
}
