import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Logger } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { startCluster } from '@containr/postgres';

const poolSize = 10;

/** The install's database: embedded, or the one that a URL names. */
export interface Database {
  readonly pool: pg.Pool;
  readonly url: string;
  /** Ends the connections, and the server where it is ours. */
  stop(): Promise<void>;
}

/** Where the database is and how it is run. */
export interface DatabaseOptions {
  /** Data folder of the install. */
  readonly data: string;
  /** Uses this database instead of the embedded one. */
  readonly databaseUrl?: string | undefined;
  readonly log: Logger;
  /** More server settings of the embedded database. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Opens the database. Throws `DEPENDENCY_DOWN` when the URL's does not answer, and what the embedded one throws. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { log } = options;
  const cluster = options.databaseUrl === undefined ? await startCluster(options) : null;
  const url = options.databaseUrl ?? cluster?.url ?? '';
  const pool = openPool(url, log);
  const stop = async () => {
    await Promise.race([pool.end(), new Promise((resolve) => setTimeout(resolve, 3000).unref())]);
    await cluster?.stop();
  };
  try {
    await warnOfRights(pool, log);
  } catch (cause) {
    await stop();
    throw new ContainrError({
      code: 'DEPENDENCY_DOWN',
      status: 503,
      detail: `The database does not answer: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: 'Check DATABASE_URL and that the server takes connections.',
      cause,
      retryAfterSeconds: 5,
    });
  }
  return { pool, url, stop };
}

/** A pool on `url`; its connections carry a name of their own, by which others see that this process lives. */
export function openPool(url: string, log: Logger, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 10_000,
    application_name: `containr ${randomUUID()}`,
    ...options,
  });
  // Without listeners a connection that breaks, idle or in use, would end the process.
  pool.on('error', (error) => log[pool.ending ? 'debug' : 'warn']({ error }, 'A database connection broke'));
  pool.on('connect', (client) => client.on('error', (error) => log.debug({ error }, 'A database connection broke')));
  return pool;
}

async function warnOfRights(pool: pg.Pool, log: Logger): Promise<void> {
  const { rows } = await pool.query<{ mighty: boolean }>(
    'select rolsuper or rolbypassrls as mighty from pg_roles where rolname = current_user',
  );
  if (rows[0]?.mighty) {
    log.warn(
      {},
      'The database role of DATABASE_URL bypasses row-level security: use a role without SUPERUSER and BYPASSRLS',
    );
  }
}
