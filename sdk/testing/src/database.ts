import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { migrateKernel, openPool } from '@containr/data';
import { startCluster } from '@containr/postgres';
import { createLogger } from '@containr/sdk/host';

const folderName = /^containr-test-(\d+)-/;
const silent = createLogger({ level: 'silent' });

/** A database of its own for one test, empty but for the kernel's tables. */
export interface TestDatabase {
  readonly pool: pg.Pool;
  readonly url: string;
  /** Ends its connections and drops it. */
  stop(): Promise<void>;
}

interface Server {
  /** Connection to any database of the server, by its name. */
  readonly urlOf: (database: string) => string;
  readonly admin: pg.Pool;
  readonly template: string;
}

let server: Promise<Server> | undefined;
let made = 0;

/**
 * Gives a fresh database: of an embedded server that the test process shares and ends with itself, or of the server that
 * `CONTAINR_TEST_DATABASE_URL` names (its role may create databases).
 */
export async function testDatabase(): Promise<TestDatabase> {
  server ??= startServer();
  const { admin, urlOf, template } = await server;
  made += 1;
  const name = `containr_test_${process.pid}_${made}`;
  await admin.query(`create database ${name} template ${template}`);
  const pool = openTestPool(urlOf(name));
  return {
    pool,
    url: urlOf(name),
    async stop() {
      await Promise.race([pool.end(), new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
      await admin.query(`drop database if exists ${name} with (force)`);
    },
  };
}

async function startServer(): Promise<Server> {
  const given = process.env['CONTAINR_TEST_DATABASE_URL'];
  const template = `containr_template_${process.pid}`;
  const { url, end } = given === undefined ? await startEmbedded() : { url: given, end: async () => undefined };
  const admin = openTestPool(url);
  const urlOf = (database: string) => {
    const own = new URL(url);
    own.pathname = `/${database}`;
    return own.href;
  };
  // Fires when nothing is left to do: idle connections and the server itself do not hold the process.
  process.once('beforeExit', () => {
    void admin
      .query(`drop database if exists ${template}`)
      .then(() => admin.end())
      .then(end);
  });
  await admin.query(`drop database if exists ${template}`);
  await admin.query(`create database ${template}`);
  const pool = openTestPool(urlOf(template));
  await migrateKernel(pool).finally(() => pool.end());
  return { admin, urlOf, template };
}

async function startEmbedded(): Promise<{ url: string; end: () => Promise<void> }> {
  await removeAbandoned();
  const data = await mkdtemp(join(tmpdir(), `containr-test-${process.pid}-`));
  const cluster = await startCluster({
    data,
    log: silent,
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  return {
    url: `postgresql://${cluster.role}@localhost/${cluster.role}?host=${encodeURIComponent(cluster.socket)}`,
    async end() {
      await cluster.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

// A test process that was killed could not tidy up.
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(folderName.exec(name)?.[1] ?? 0);
    if (pid > 0 && !running(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function running(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function openTestPool(url: string): pg.Pool {
  return openPool(url, silent, { allowExitOnIdle: true });
}
