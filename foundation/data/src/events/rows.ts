import type { Pool } from 'pg';

/** One event at its place in the outbox. */
export interface OutboxRow {
  readonly position: bigint;
  readonly plugin: string;
  readonly name: string;
  readonly organisation: string | null;
  readonly permission: string;
  readonly topics: readonly string[];
  readonly payload: unknown;
  readonly at: Date;
}

const columns =
  'position::text as place, plugin, name, organisation_id as organisation, permission, topics, payload, at';

/** Events after a position, oldest first; `name` narrows them to one event. */
export async function readRows(
  pool: Pool,
  after: bigint,
  limit: number,
  name: string | null = null,
): Promise<OutboxRow[]> {
  const { rows } = await pool.query<Omit<OutboxRow, 'position'> & { place: string }>(
    `select ${columns} from containr.outbox where position > $1 and ($2::text is null or name = $2) order by position limit $3`,
    [after.toString(), name, limit],
  );
  return rows.map(({ place, ...row }) => ({ ...row, position: BigInt(place) }));
}

/** The newest position, and the oldest one that can be resumed from. */
export async function readBounds(pool: Pool): Promise<{ head: bigint; oldest: bigint }> {
  const { rows } = await pool.query<{ head: string; oldest: string }>(
    'select position::text as head, coalesce((select min(position) - 1 from containr.outbox), position)::text as oldest from containr.outbox_head',
  );
  return { head: BigInt(rows[0]?.head ?? 0), oldest: BigInt(rows[0]?.oldest ?? 0) };
}
