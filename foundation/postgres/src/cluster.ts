import { execFile } from 'node:child_process';
import { access, chown, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Logger } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { Account } from './account.ts';
import { chooseAccount, makerCommand } from './account.ts';
import { claimFolder } from './claim.ts';
import type { Home } from './home.ts';
import { makeHome } from './home.ts';
import type { Keeper } from './keeper.ts';
import { ownKeeper } from './keeper.ts';
import { endLeftovers } from './leftovers.ts';
import { placePrograms } from './programs.ts';
import { findServer, startServer, stopServer } from './server.ts';

const superuser = 'postgres';
const application = 'containr';

/** A running embedded database; reached by its socket folder. */
export interface Cluster {
  readonly socket: string;
  /** Role without superuser rights, so that row-level security holds for it; it owns the database of the same name. */
  readonly role: string;
  /** Connects as that role. */
  readonly url: string;
  /** Stops the server, whoever runs it. */
  stop(): Promise<void>;
}

/**
 * Starts the database below `<data>/postgres`, making it the first time. What a killed former run left is ended first; one that
 * the keeper runs already is used as it is. Throws `DATA_IN_USE`, `POSTGRES_MISSING`, `POSTGRES_FAILED`.
 */
export async function startCluster(options: {
  data: string;
  log: Logger;
  settings?: Readonly<Record<string, string>>;
  /** Who runs the server; this process when left out. */
  keeper?: Keeper;
}): Promise<Cluster> {
  const { log, settings = {}, keeper = ownKeeper() } = options;
  const account = await chooseAccount();
  const home = await makeHome(options.data, account, log);
  const release = await claimFolder(join(home.root, 'owner'), options.keeper?.pid);
  const present = await findServer(home, keeper);
  try {
    const programs = await placePrograms(home.root);
    const start = async () => {
      await endLeftovers(home.data, log);
      await makeCluster(programs.initdb, home, account);
      return startServer(programs.postgres, home, account, { keeper, settings });
    };
    let stopping = false;
    let server = present ?? (await start());
    const watch = () => void server.ended.then((ending) => (stopping ? undefined : revive(ending)));
    const revive = async (ending: Awaited<(typeof server)['ended']>): Promise<void> => {
      log.error({ ...ending }, 'The database ended by itself and is started again');
      while (!stopping) {
        try {
          server = await start();
          watch();
          return;
        } catch (error) {
          log.error({ error }, 'The database does not start; trying again');
          await sleep(1000);
        }
      }
    };
    watch();
    if (!present) await makeRole(home.socket);
    return {
      socket: home.socket,
      role: application,
      url: `postgresql://${application}@localhost/${application}?host=${encodeURIComponent(home.socket)}`,
      async stop() {
        stopping = true;
        await stopServer(keeper);
        await release();
      },
    };
  } catch (error) {
    if (!present) await release();
    throw error;
  }
}

// Made aside and renamed: a start that is killed in the middle leaves nothing half made.
async function makeCluster(initdb: string, home: Home, account: Account): Promise<void> {
  if (
    await access(home.data).then(
      () => true,
      () => false,
    )
  )
    return;
  const fresh = `${home.data}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  if (account.maker !== null) await chown(fresh, account.maker, account.maker);
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const { command, args, ...user } = await makerCommand(account, initdb, [
    '-D',
    fresh,
    '-U',
    superuser,
    '--auth=trust',
    '--no-instructions',
    ...locale,
  ]);
  try {
    await promisify(execFile)(command, args, {
      ...user,
      cwd: '/',
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      timeout: 120_000,
    });
  } catch (cause) {
    throw new ContainrError({
      code: 'POSTGRES_FAILED',
      status: 503,
      detail: `The embedded database could not be made: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Check free disk space, or set DATABASE_URL to a Postgres 15 or newer.',
      cause,
    });
  }
  if (account.owner !== null) await chownAll(fresh, account.owner);
  await rename(fresh, home.data);
}

/**
 * Makes room for a database that comes from elsewhere: `fill` writes its files into the folder that it is given, which then
 * become the embedded database of `data`. Throws `DATA_IN_USE`.
 */
export async function adoptDatabase(data: string, fill: (folder: string) => Promise<void>, log: Logger): Promise<void> {
  const account = await chooseAccount();
  const home = await makeHome(data, account, log);
  const release = await claimFolder(join(home.root, 'owner'));
  const fresh = `${home.data}.new`;
  try {
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { mode: 0o700 });
    await fill(fresh);
    if (account.owner !== null) await chownAll(fresh, account.owner);
    await rename(fresh, home.data);
  } finally {
    await release();
  }
}

/** Gives a folder and all in it to a user; one process for all of its files is many times faster than a call for each. */
async function chownAll(folder: string, uid: number): Promise<void> {
  await promisify(execFile)('chown', ['-R', `${uid}:${uid}`, folder], { timeout: 60_000 });
}

async function makeRole(socket: string): Promise<void> {
  const client = new pg.Client({ host: socket, user: superuser, database: 'postgres' });
  await client.connect();
  try {
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      'select exists(select from pg_roles where rolname = $1) as role, exists(select from pg_database where datname = $1) as database',
      [application],
    );
    if (!rows[0]?.role) {
      await client.query(`create role ${application} login nosuperuser nobypassrls createdb`);
      // A schema named like the role would come first in its search path.
      await client.query(`alter role ${application} set search_path = public`);
    }
    // Plugins that are not trusted get a role each.
    await client.query(`alter role ${application} createrole`);
    if (!rows[0]?.database) await client.query(`create database ${application} owner ${application}`);
  } finally {
    await client.end();
  }
}
