import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@containr/sdk';

/** The agent of this machine, as a child that is started again when it ends. */
export interface LocalAgent {
  /** Ends the agent; replicas go on. */
  stop(): Promise<void>;
}

/** Starts the local agent, with a one-time token in a file of its own; it enrols the first time and ignores it later. */
export async function startLocalAgent(options: {
  control: string;
  data: string;
  token: () => Promise<string>;
  log: Logger;
}): Promise<LocalAgent> {
  const folder = join(options.data, 'agent');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, await options.token(), { mode: 0o600 });
  const program = fileURLToPath(import.meta.resolve('@containr/agent/main'));
  let stopping = false;
  let child: ChildProcess;
  let ended: Promise<void>;
  let restartAt = 0;

  function start(): void {
    const output = openSync(join(folder, 'agent.log'), 'a', 0o600);
    const argv = [
      '--max-semi-space-size=1',
      '--disable-warning=ExperimentalWarning',
      program,
      '--control',
      options.control,
      '--data',
      folder,
      '--name',
      hostname(),
      '--token-file',
      tokenFile,
    ];
    const flags = process.execArgv.filter((flag) => flag.startsWith('--conditions'));
    // A session of its own: Ctrl-C in the terminal must reach the control plane first, which ends the agent in order.
    child = spawn(process.execPath, [...flags, ...argv], { stdio: ['ignore', output, output, 'ipc'], detached: true });
    closeSync(output);
    ended = new Promise((resolve) => child.once('exit', () => resolve()));
    child.on('error', (error) => options.log.error({ err: error }, 'the local agent could not be started'));
    void ended.then(() => {
      if (stopping) return;
      const wait = Math.max(200, restartAt - Date.now());
      restartAt = Date.now() + 5000;
      options.log.warn({ wait }, 'the local agent ended; it is started again');
      setTimeout(() => {
        if (!stopping) start();
      }, wait);
    });
  }

  start();
  return {
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(late);
    },
  };
}
