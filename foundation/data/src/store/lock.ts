import type { Pool, PoolClient } from 'pg';

/** Runs `work` while no other process holds the lock of that name; waits for it. It ends with the connection that holds it. */
export async function withLock<T>(pool: Pool, name: string, work: () => Promise<T>): Promise<T> {
  return onConnection(pool, async (client) => {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name]);
    return release(client, name, work);
  });
}

/** Like {@link withLock}, but does not wait: `ran` says whether the lock was free. */
export async function tryLock<T>(
  pool: Pool,
  name: string,
  work: () => Promise<T>,
): Promise<{ ran: true; value: T } | { ran: false }> {
  return onConnection(pool, async (client) => {
    const { rows } = await client.query<{ got: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as got',
      [name],
    );
    return rows[0]?.got ? { ran: true, value: await release(client, name, work) } : { ran: false };
  });
}

async function release<T>(client: PoolClient, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name]);
  }
}

async function onConnection<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failed = true;
  try {
    const value = await work(client);
    failed = false;
    return value;
  } finally {
    // A connection that may still hold a lock must not go back to the pool.
    client.release(failed);
  }
}
