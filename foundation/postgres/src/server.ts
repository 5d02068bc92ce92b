import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainrError } from '@containr/sdk';
import type { Account } from './account.ts';
import { serverCommand } from './account.ts';
import type { Home } from './home.ts';

const longestStartMs = 120_000;
const stillInUse = /shared memory block|lock file .* already exists/;

const settings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  shared_buffers: '16MB',
  max_connections: '60',
  io_method: 'sync',
  jit: 'off',
  max_worker_processes: '2',
  max_parallel_workers: '0',
  autovacuum_max_workers: '1',
  wal_level: 'replica',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
};

/**
 * Starts the server and waits until it takes connections. An instance whose memory a dying former backend still holds is
 * tried again. Throws `POSTGRES_FAILED` with the server's own words.
 */
export async function startServer(
  postgres: string,
  home: Home,
  account: Account,
  extra: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const began = Date.now();
  for (;;) {
    const child = await launch(postgres, home, account, extra);
    if (await isReady(child, home, began + longestStartMs)) {
      // What keeps this process running is what it serves, not its database.
      child.unref();
      return child;
    }
    const said = (await readFile(logFile(home), 'utf8')).trim().split('\n').slice(-5).join('\n');
    if (child.exitCode === null) child.kill('SIGQUIT');
    if (!stillInUse.test(said) || Date.now() - began > longestStartMs) throw failed(said);
    await sleep(300);
  }
}

/** Stops the server: connections are ended, nothing committed is lost. */
export async function stopServer(child: ChildProcess): Promise<void> {
  child.ref();
  for (const [signal, ms] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5000],
    ['SIGKILL', 5000],
  ] as const) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await Promise.race([gone, sleep(ms, undefined, { ref: false })]);
  }
}

function logFile(home: Home): string {
  return join(home.root, 'server.log');
}

async function launch(
  postgres: string,
  home: Home,
  account: Account,
  extra: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const values = Object.entries({ ...settings, unix_socket_directories: home.socket, ...extra });
  const { command, args, ...user } = serverCommand(account, postgres, [
    '-D',
    home.data,
    ...values.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const log = await open(logFile(home), 'w', 0o600);
  try {
    // A session of its own: Ctrl-C must reach the database after the control plane has drained.
    const child = spawn(command, args, {
      ...user,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    });
    child.on('error', () => undefined);
    return child;
  } finally {
    await log.close();
  }
}

async function isReady(child: ChildProcess, home: Home, deadline: number): Promise<boolean> {
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const lines = (await readFile(join(home.data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return true;
    await sleep(5);
  }
  return false;
}

function failed(said: string): ContainrError {
  return new ContainrError({
    code: 'POSTGRES_FAILED',
    status: 503,
    detail: `The embedded database did not start: ${said === '' ? 'it said nothing' : said}.`,
    hint: 'Read server.log in the data folder; free disk space and memory are the usual reasons.',
  });
}
