import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainrError } from '@containr/sdk';
import type { Account } from './account.ts';
import { serverCommand } from './account.ts';
import type { Home } from './home.ts';
import type { Keeper, Kept } from './keeper.ts';

const longestStartMs = 120_000;
const stillInUse = /shared memory block|lock file .* already exists/;

const settings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  shared_buffers: '16MB',
  max_connections: '60',
  io_method: 'sync',
  jit: 'off',
  // What one connection may spill to disk while it sorts.
  temp_file_limit: '1GB',
  max_worker_processes: '2',
  max_parallel_workers: '0',
  autovacuum_max_workers: '1',
  wal_level: 'replica',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
};

/** Under which name the server is kept. */
export const serverName = 'postgres';

/**
 * Starts the server and waits until it takes connections. An instance whose memory a dying former backend still holds is
 * tried again. Throws `POSTGRES_FAILED` with the server's own words.
 */
export async function startServer(
  postgres: string,
  home: Home,
  account: Account,
  options: { keeper: Keeper; settings: Readonly<Record<string, string>> },
): Promise<Kept> {
  const began = Date.now();
  for (;;) {
    const server = await launch(postgres, home, account, options);
    if (await isReady(server, home, began + longestStartMs)) return server;
    const said = (await readFile(logFile(home), 'utf8')).trim().split('\n').slice(-5).join('\n');
    if (server.running) await options.keeper.end(serverName, [['SIGQUIT', 5000]]);
    if (!stillInUse.test(said) || Date.now() - began > longestStartMs) throw failed(said);
    await sleep(300);
  }
}

/** The server that is kept already, when it takes connections; `null` when none is. */
export async function findServer(home: Home, keeper: Keeper): Promise<Kept | null> {
  const server = await keeper.find(serverName);
  return server && (await isReady(server, home, Date.now() + longestStartMs)) ? server : null;
}

/** Stops the server: connections are ended, nothing committed is lost. */
export async function stopServer(keeper: Keeper): Promise<void> {
  await keeper.end(serverName, [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5000],
    ['SIGKILL', 5000],
  ]);
}

function logFile(home: Home): string {
  return join(home.root, 'server.log');
}

async function launch(
  postgres: string,
  home: Home,
  account: Account,
  { keeper, settings: extra }: { keeper: Keeper; settings: Readonly<Record<string, string>> },
): Promise<Kept> {
  const values = Object.entries({ ...settings, unix_socket_directories: home.socket, ...extra });
  const command = serverCommand(account, postgres, [
    '-D',
    home.data,
    ...values.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  // A session of its own: Ctrl-C must reach the database after the control plane has drained.
  return keeper.start(serverName, {
    ...command,
    cwd: '/',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    log: logFile(home),
    freshLog: true,
  });
}

async function isReady(server: Kept, home: Home, deadline: number): Promise<boolean> {
  while (server.running && Date.now() < deadline) {
    const lines = (await readFile(join(home.data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (Number(lines[0]) === server.pid && lines[7]?.trim() === 'ready') return true;
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
