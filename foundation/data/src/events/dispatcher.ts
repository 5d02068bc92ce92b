import type { Pool } from 'pg';

const batch = 500;
const keptMs = 7 * 24 * 3600 * 1000;
const keptRows = 100_000;

export const placedChannel = 'containr_events';

/**
 * Gives positions to events whose transaction has committed. Only one process at a time may call this: an event that
 * commits later gets a later position however early its transaction began, so a reader that goes by position skips none.
 * Returns how many it placed, and the newest position before them.
 */
export async function placeEvents(pool: Pool): Promise<{ placed: number; head: bigint }> {
  const { rows } = await pool.query<{ placed: string; head: string }>(
    `with head as (select position from containr.outbox_head for update),
          next as (select id, row_number() over (order by id) as place
                     from (select id from containr.outbox where position is null order by id limit ${batch}) as waiting),
          placed as (update containr.outbox o set position = head.position + next.place from next, head where o.id = next.id returning 1),
          moved as (update containr.outbox_head h set position = h.position + (select count(*) from next) where exists (select from next))
     select (select count(*) from placed)::text as placed, head.position::text as head from head`,
  );
  const placed = Number(rows[0]?.placed ?? 0);
  if (placed > 0) await pool.query(`select pg_notify('${placedChannel}', '')`);
  return { placed, head: BigInt(rows[0]?.head ?? 0) };
}

/** Deletes events that nobody can resume from any more: older than 7 days, or more than 100,000 back. */
export async function forgetEvents(pool: Pool, now: Date): Promise<void> {
  await pool.query(
    'delete from containr.outbox where position is not null and (at < $1 or position <= (select position from containr.outbox_head) - $2)',
    [new Date(now.getTime() - keptMs), keptRows],
  );
}
