import type { ScopedStore } from '@containr/sdk';
import { invalid } from '@containr/sdk';
import type { LogLine, LogQuery } from './contract.ts';
import { query } from './query.ts';

interface Row {
  readonly cursor: string;
  readonly service: string;
  readonly deployment: string | null;
  readonly phase: string | null;
  readonly source: string;
  readonly seq: string;
  readonly at: Date | string;
  readonly stream: 'stdout' | 'stderr' | 'system';
  readonly text: string;
}

/** What is asked for, without the waiting. */
export type LineFilter = Omit<LogQuery, 'waitMs'>;

/** Reads lines, oldest first. Throws `INVALID` when neither a service nor a deployment is named, or the cursor is not one. */
export async function readLines(
  store: ScopedStore,
  organisation: string,
  filter: LineFilter,
): Promise<readonly LogLine[]> {
  const { conditions, values } = where(organisation, filter);
  const order = filter.tail ? 'desc' : 'asc';
  const rows = await store.transaction((unit) =>
    query<Row>(
      unit,
      // The table is named: a bare "cursor" would be the text that is selected, and "10" comes before "2".
      `select cursor::text, service, deployment, phase, source, seq::text, at, stream, text from plugin_logs.lines as l
       where ${conditions.join(' and ')} order by l.cursor ${order} limit ${filter.limit}`,
      values,
    ),
  );
  const lines = rows.map(lineOf);
  return filter.tail ? lines.reverse() : lines;
}

function where(organisation: string, filter: LineFilter): { conditions: string[]; values: unknown[] } {
  if (filter.service === null && filter.deployment === null) {
    throw invalid(
      'Logs are read of a service or of a deployment, and neither is named.',
      [{ path: '/service', message: 'is missing' }],
      'Add ?service= or ?deployment=.',
    );
  }
  const conditions = ['organisation = ?'];
  const values: unknown[] = [organisation];
  const add = (condition: string, value: unknown): void => {
    conditions.push(condition);
    values.push(value);
  };
  if (filter.service !== null) add('service = ?', filter.service);
  if (filter.deployment !== null) add('deployment = ?', filter.deployment);
  if (filter.phase !== null) add('phase = ?', filter.phase);
  if (filter.source !== undefined) add('source = ?', filter.source);
  if (filter.after !== null) add('cursor > ?::bigint', cursorOf(filter.after));
  if (filter.since !== null) add('at >= ?::timestamptz', filter.since);
  if (filter.until !== null) add('at < ?::timestamptz', filter.until);
  if (filter.search !== null && filter.search !== '') add('strpos(lower(text), lower(?)) > 0', filter.search);
  return { conditions, values };
}

function cursorOf(text: string): string {
  if (/^\d{1,18}$/.test(text)) return text;
  throw invalid(
    'The cursor is not one that a log line carries.',
    [{ path: '/cursor', message: 'is not a cursor' }],
    'Give the cursor of the last line that was read.',
  );
}

function lineOf(row: Row): LogLine {
  return {
    cursor: row.cursor,
    service: row.service,
    deployment: row.deployment,
    phase: row.phase,
    source: row.source,
    seq: Number(row.seq),
    at: new Date(row.at).toISOString(),
    stream: row.stream,
    text: row.text,
  };
}
