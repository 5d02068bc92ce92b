import type { Pool } from 'pg';
import { invalid } from '@containr/sdk';
import type { AuditRow } from './row.ts';
import type { StoredRow } from './stored.ts';
import { columns, fromStored } from './stored.ts';

/** Which rows to show. */
export interface AuditFilter {
  /** Rows of one organisation; `null` shows all. */
  readonly organisation: string | null;
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  /** Text in the action, the principal's name, a target or the request id. */
  readonly search?: string | undefined;
  /** Id or name of who acted. */
  readonly principal?: string | undefined;
  readonly plugin?: string | undefined;
  /** RFC 3339, included. */
  readonly since?: string | undefined;
  /** RFC 3339, not included. */
  readonly until?: string | undefined;
}

/** One page of the log, newest first. */
export async function listRows(
  pool: Pool,
  filter: AuditFilter,
): Promise<{ items: readonly AuditRow[]; nextCursor: string | null }> {
  const where: string[] = [];
  const values: unknown[] = [];
  const add = (value: unknown, condition: (place: string) => string): void => {
    if (value === undefined || value === null || value === '') return;
    values.push(value);
    where.push(condition(`$${values.length}`));
  };
  add(filter.organisation, (place) => `organisation_id = ${place}`);
  add(positionOf(filter.cursor), (place) => `position < ${place}`);
  add(filter.principal, (place) => `(principal_id = ${place} or principal_name = ${place})`);
  add(filter.plugin, (place) => `plugin = ${place}`);
  add(filter.since, (place) => `at >= ${place}`);
  add(filter.until, (place) => `at < ${place}`);
  add(
    pattern(filter.search),
    (place) => `concat_ws(' ', action, principal_name, targets::text, request_id) ilike ${place}`,
  );
  const { rows } = await pool.query<StoredRow>(
    `select ${columns} from containr.audit ${where.length > 0 ? `where ${where.join(' and ')}` : ''}
      order by position desc limit ${filter.limit + 1}`,
    values,
  );
  const items = rows.slice(0, filter.limit).map(fromStored);
  return { items, nextCursor: rows.length > filter.limit ? String(items.at(-1)?.position) : null };
}

function positionOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw invalid('The cursor is not one that this list gave.', [{ path: '/cursor', message: 'is not known' }]);
}

function pattern(search: string | undefined): string | undefined {
  return search ? `%${search.replaceAll(/[\\%_]/g, '\\$&')}%` : undefined;
}
