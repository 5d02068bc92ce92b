import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Keeper } from '@containr/postgres';

const name = 'agent';

/**
 * Has the agent of this machine kept, unless it is; started again when it ends. The first time it enrols with a one-time token
 * in a file of its own, later it ignores that. `end` ends the agent; replicas go on.
 */
export async function keepLocalAgent(options: {
  control: string;
  data: string;
  token: () => Promise<string>;
  keeper: Keeper;
}): Promise<{ end(): Promise<void> }> {
  const { keeper } = options;
  const end = async (): Promise<void> =>
    keeper.end(name, [
      ['SIGTERM', 10_000],
      ['SIGKILL', 5000],
    ]);
  if (await keeper.find(name)) return { end };
  const folder = join(options.data, 'agent');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, await options.token(), { mode: 0o600 });
  await keeper.start(name, {
    command: process.execPath,
    args: [
      ...process.execArgv.filter((flag) => flag.startsWith('--conditions')),
      '--max-semi-space-size=1',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(import.meta.resolve('@containr/agent/main')),
      '--control',
      options.control,
      '--data',
      folder,
      '--name',
      hostname(),
      '--token-file',
      tokenFile,
    ],
    log: join(folder, 'agent.log'),
    again: true,
    channel: true,
  });
  return { end };
}
