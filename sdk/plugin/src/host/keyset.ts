import type { FilterQuery } from '@mikro-orm/core';
import { invalid } from '../errors.ts';
import type { Infer } from '../schema.ts';
import { defineSchema } from '../schema.ts';
import { validate } from './validate.ts';

const Cursor = defineSchema({
  type: 'object',
  properties: {
    s: { type: 'string' },
    v: { anyOf: [{ type: 'string' }, { type: 'number' }] },
    i: { type: 'string', format: 'uuid' },
  },
  required: ['s', 'v', 'i'],
  additionalProperties: false,
});
type Cursor = Infer<typeof Cursor>;

/** One page of a list, asked for by position in its order instead of by offset. */
export interface Keyset<T> {
  /** Rows after the cursor; combine it by `$and`. */
  readonly where: FilterQuery<T>;
  readonly orderBy: readonly Readonly<Record<string, 'asc' | 'desc'>>[];
  /** Fetch this many: one more than a page, to know whether there is another. */
  readonly limit: number;
  /** Cuts the page and tells where the next one begins. */
  page<R>(rows: readonly T[], show: (row: T) => R): { items: R[]; nextCursor: string | null };
}

function readCursor(text: string, sort: string, kind: 'time' | 'text' | 'number'): Cursor {
  try {
    const cursor = validate<Cursor>(Cursor, JSON.parse(Buffer.from(text, 'base64url').toString()), 'The cursor');
    const fits =
      kind === 'time'
        ? !Number.isNaN(Date.parse(String(cursor.v)))
        : typeof cursor.v === (kind === 'text' ? 'string' : 'number');
    if (cursor.s === sort && fits) return cursor;
  } catch {
    // told below: what a cursor is made of is nobody's business
  }
  throw invalid(
    'The cursor is not one that this list gave.',
    [{ path: '/cursor', message: 'is not valid for this list and order' }],
    'Start again without a cursor.',
  );
}

/**
 * Reads `limit`, `cursor` and `sort` of a list route. `fields`: what may be sorted by, and as what; ties are broken by `id`.
 * Throws `INVALID` for another field, or a cursor of another order.
 *
 * @example
 * const keys = keyset<Row>(query, { createdAt: 'time', name: 'text' }, '-createdAt');
 * const rows = await em.find(Row, { $and: [{ project }, keys.where] }, { orderBy: [...keys.orderBy], limit: keys.limit });
 * return keys.page(rows, show);
 */
export function keyset<T extends { id: string }>(
  query: { readonly limit: number; readonly cursor?: string; readonly sort?: string },
  fields: Readonly<Record<string, 'time' | 'text' | 'number'>>,
  fallback: string,
): Keyset<T> {
  const sort = query.sort ?? fallback;
  const descending = sort.startsWith('-');
  const field = descending ? sort.slice(1) : sort;
  const kind = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (!kind) {
    throw invalid(
      `This list can't be sorted by "${field}".`,
      [{ path: '/sort', message: `is none of ${Object.keys(fields).join(', ')}` }],
      'Sort by one of the named fields.',
    );
  }
  const direction = descending ? 'desc' : 'asc';
  return {
    where: after<T>(query.cursor === undefined ? null : readCursor(query.cursor, sort, kind), field, kind, descending),
    orderBy: [{ [field]: direction }, { id: direction }],
    limit: query.limit + 1,
    page(rows, show) {
      const items = rows.slice(0, query.limit);
      const last = rows.length > query.limit ? items.at(-1) : undefined;
      return { items: items.map(show), nextCursor: last ? writeCursor(sort, last, field) : null };
    },
  };
}

function after<T>(
  cursor: Cursor | null,
  field: string,
  kind: 'time' | 'text' | 'number',
  descending: boolean,
): FilterQuery<T> {
  const beyond = descending ? '$lt' : '$gt';
  const value = cursor && kind === 'time' ? new Date(cursor.v) : cursor?.v;
  const where = cursor
    ? { $or: [{ [field]: { [beyond]: value } }, { [field]: value, id: { [beyond]: cursor.i } }] }
    : {};
  return where as FilterQuery<T>;
}

function writeCursor(sort: string, row: { id: string }, field: string): string {
  const value: unknown = Object.entries(row).find(([name]) => name === field)?.[1];
  const plain = value instanceof Date ? value.toISOString() : value;
  return Buffer.from(JSON.stringify({ s: sort, v: plain, i: row.id })).toString('base64url');
}
