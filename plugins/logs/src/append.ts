import type { ScopedStore } from '@containr/sdk';
import type { LogAppend } from './contract.ts';
import { query } from './query.ts';

/** Longest kept line, in UTF-16 units; the rest of a line is dropped and said so. */
export const longestLine = 16_384;

/**
 * Writes lines with one statement; a line that is there already is left as it is. The lock makes cursors of one service
 * grow by commit order, so that a reader who goes on after a cursor skips nothing.
 */
export async function append(store: ScopedStore, input: LogAppend): Promise<void> {
  if (input.lines.length === 0) return;
  const lines = input.lines.map((line) => ({
    seq: line.seq,
    at: line.at,
    stream: line.stream,
    text: storable(line.text),
  }));
  await store.transaction(async (unit) => {
    await query(unit, 'select pg_advisory_xact_lock(hashtextextended(?, 7))', [input.service]);
    await query(
      unit,
      `insert into plugin_logs.lines (organisation, service, deployment, phase, source, seq, at, stream, text)
       select ?::uuid, ?::uuid, ?::uuid, ?, ?, line.seq, line.at, line.stream, line.text
       from jsonb_to_recordset(?::jsonb) as line(seq bigint, at timestamptz, stream text, text text)
       order by line.seq
       on conflict do nothing`,
      [input.organisation, input.service, input.deployment, input.phase, input.source, JSON.stringify(lines)],
    );
  });
}

/** Postgres keeps neither NUL nor half a surrogate pair. */
function storable(text: string): string {
  const kept = text.length > longestLine ? `${text.slice(0, longestLine)} … (cut)` : text;
  return kept.replaceAll('\0', '\ufffd').toWellFormed();
}
