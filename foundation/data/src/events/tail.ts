import type { Pool } from 'pg';
import type { OutboxRow } from './rows.ts';
import { readBounds, readRows } from './rows.ts';

const kept = 1000;

/** Events after a position; nothing that was asked for lies between the last of them and `seen`. */
export interface Slice {
  readonly rows: readonly OutboxRow[];
  readonly seen: bigint;
}

/** The newest events in memory, so that many readers cost one query. */
export interface Tail {
  /** Events after a position, oldest first; `name` narrows them to one event. */
  after(position: bigint, limit: number, name: string | null): Promise<Slice>;
}

/** Makes a {@link Tail}; it reads new rows once, for whoever asks first. */
export function createTail(pool: Pool): Tail {
  let rows: OutboxRow[] = [];
  /** Everything after this position is in `rows`. */
  let from: bigint | null = null;
  let reading: Promise<void> | null = null;

  async function refresh(): Promise<void> {
    from ??= (await readBounds(pool)).head;
    const fresh = await readRows(pool, rows.at(-1)?.position ?? from, kept);
    rows.push(...fresh);
    if (rows.length > kept) {
      rows = rows.slice(-kept / 2);
      from = (rows[0]?.position ?? 1n) - 1n;
    }
  }

  return {
    async after(position, limit, name) {
      // A read that began before this call may have missed what woke the caller.
      if (reading) await reading.catch(() => undefined);
      reading ??= refresh().finally(() => (reading = null));
      await reading;
      const head = rows.at(-1)?.position ?? from ?? position;
      const start = rows.findIndex((row) => row.position > position);
      const known = from !== null && position >= from;
      const ahead = start < 0 ? [] : rows.slice(start).filter((row) => name === null || row.name === name);
      const found = known ? ahead.slice(0, limit) : await readRows(pool, position, limit, name);
      const last = found.at(-1)?.position ?? position;
      return { rows: found, seen: found.length === limit || last > head ? last : head };
    },
  };
}
