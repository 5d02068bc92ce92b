import type { Pool } from 'pg';
import type { RunSql } from '../events/outbox.ts';

/** Runs statements with `?` for values on the pool, each in a transaction of its own. */
export function runOn(pool: Pool): RunSql {
  return (sql, values) => {
    let place = 0;
    return pool.query(
      sql.replaceAll('?', () => `$${(place += 1)}`),
      [...values],
    );
  };
}
