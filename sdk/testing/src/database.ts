import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { migrateKernel, openPluginStore, openPool } from '@containr/data';
import { findHome, startCluster } from '@containr/postgres';
import type { Migration } from '@containr/sdk';
import { createLogger } from '@containr/sdk/host';
import { keptCluster } from './kept-cluster.ts';
import { scratchFolder } from './scratch.ts';

/** In an embedded cluster, which is kept between runs, the template has the same name in each. */
const keptTemplate = 'containr_template';
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
const silent = createLogger({ level: 'silent' });

/** A database of its own for one test, empty but for the kernel's tables. */
export interface TestDatabase {
  readonly pool: pg.Pool;
  readonly url: string;
  /** Ends its connections and drops it. */
  stop(): Promise<void>;
}

/** A plugin whose schema is to be there already. */
export interface MigratedPlugin {
  readonly name: string;
  readonly migrations: readonly Migration[];
}

interface Server {
  /** Connection to any database of the server, by its name. */
  readonly urlOf: (database: string) => string;
  readonly admin: pg.Pool;
  /** With the kernel's tables only. */
  readonly template: string;
  /** Templates that hold plugins' schemas too, by the hash of their migrations. */
  readonly templates: Map<string, Promise<string>>;
}

let server: Promise<Server> | undefined;
let made = 0;

/**
 * Gives a fresh database: of an embedded server that the test process shares and ends with itself, or of the server that
 * `CONTAINR_TEST_DATABASE_URL` names (its role may create databases). The schemas of `plugins` are migrated once for each
 * set of migrations, in a template; every later database with the same ones is a copy of it.
 */
export async function testDatabase(options: { plugins?: readonly MigratedPlugin[] } = {}): Promise<TestDatabase> {
  server ??= startServer();
  const running = await server;
  const { admin, urlOf } = running;
  made += 1;
  const name = `containr_test_${process.pid}_${made}`;
  await admin.query(`create database ${name} template ${await templateWith(running, options.plugins ?? [])}`);
  const pool = openTestPool(urlOf(name));
  return {
    pool,
    url: urlOf(name),
    async stop() {
      await Promise.race([pool.end(), new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
      await drop(admin, name);
    },
  };
}

function templateWith(server: Server, plugins: readonly MigratedPlugin[]): Promise<string> {
  const own = plugins.filter(({ migrations }) => migrations.length > 0);
  if (own.length === 0) return Promise.resolve(server.template);
  const key = createHash('sha256').update(JSON.stringify(own)).digest('hex').slice(0, 16);
  const known = server.templates.get(key) ?? makeTemplate(server, `${server.template}_${key}`, own);
  server.templates.set(key, known);
  return known;
}

/**
 * Drops a database and ends who is connected. What a role of its own has there (an isolated plugin's unit) may not be ended by us: its
 * socket is closed by then, and the server only has to notice.
 */
async function drop(admin: pg.Pool, name: string, tries = 100): Promise<void> {
  try {
    await admin.query(`drop database if exists ${name} with (force)`);
  } catch (error) {
    const notYet = error instanceof Error && 'code' in error && error.code === '42501';
    if (!notYet || tries === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await drop(admin, name, tries - 1);
  }
}

async function makeTemplate(server: Server, name: string, plugins: readonly MigratedPlugin[]): Promise<string> {
  await server.admin.query(`drop database if exists ${name}`);
  await server.admin.query(`create database ${name} template ${server.template}`);
  const pool = openTestPool(server.urlOf(name));
  try {
    for (const { name: plugin, migrations } of plugins)
      await (await openPluginStore({ database: { pool }, plugin, migrations })).close();
  } finally {
    // A database that somebody is connected to can't be copied.
    await pool.end();
  }
  return name;
}

async function startServer(): Promise<Server> {
  const given = process.env['CONTAINR_TEST_DATABASE_URL'];
  const { url, end } = given === undefined ? await startEmbedded() : { url: given, end: async () => undefined };
  const template = given === undefined ? keptTemplate : `${keptTemplate}_${process.pid}`;
  const admin = openTestPool(url);
  const urlOf = (database: string) => databaseOf(url, database);
  const templates = new Map<string, Promise<string>>();
  const dropAll = async (names: readonly Promise<string>[]): Promise<void> => {
    for (const name of await Promise.allSettled(names))
      if (name.status === 'fulfilled' && name.value !== keptTemplate)
        await admin.query(`drop database if exists ${name.value}`);
  };
  // Fires when nothing is left to do: idle connections and the server itself do not hold the process.
  process.once('beforeExit', () => {
    void dropAll([...templates.values(), Promise.resolve(template)])
      .then(() => admin.end())
      .then(end);
  });
  if (given !== undefined) await makeKernelTemplate(url, template);
  return { admin, urlOf, template, templates };
}

/** Makes a database with the kernel's tables and nothing else. */
async function makeKernelTemplate(url: string, name: string): Promise<void> {
  const admin = openTestPool(url);
  await admin.query(`drop database if exists ${name}`);
  await admin.query(`create database ${name}`);
  await admin.end();
  const pool = openTestPool(databaseOf(url, name));
  await migrateKernel(pool).finally(() => pool.end());
}

function databaseOf(url: string, name: string): string {
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}

/** Starts a server of this process on a copy of the kept cluster; the first run of all makes that one. */
async function startEmbedded(): Promise<{ url: string; end: () => Promise<void> }> {
  const data = await scratchFolder('test');
  const kept = await keptCluster();
  if (!(await kept.adopt(data, silent))) {
    const cluster = await startCluster({ data, log: silent, settings });
    await makeKernelTemplate(urlOfCluster(cluster), keptTemplate);
    await cluster.stop();
    await kept.keep(data);
  }
  const cluster = await startCluster({ data, log: silent, settings });
  const { data: files } = await findHome(data);
  // Before its folder is removed; a process that exits can't wait for it to stop in order.
  const kill = (): void => killServer(files);
  process.prependOnceListener('exit', kill);
  return {
    url: urlOfCluster(cluster),
    async end() {
      process.off('exit', kill);
      await cluster.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

function urlOfCluster({ role, socket }: { role: string; socket: string }): string {
  return `postgresql://${role}@localhost/${role}?host=${encodeURIComponent(socket)}`;
}

function killServer(files: string): void {
  try {
    process.kill(Number(readFileSync(join(files, 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGQUIT');
  } catch {
    // It ended by itself.
  }
}

function openTestPool(url: string): pg.Pool {
  return openPool(url, silent, { allowExitOnIdle: true });
}
