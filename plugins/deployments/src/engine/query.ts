import type { UnitOfWork } from '@containr/sdk';

/** Runs one statement of our own inside the transaction; values only as `?` parameters. */
export async function query<Row>(
  unit: UnitOfWork,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const rows: unknown = await unit.em.getConnection().execute(sql, [...values], 'all', unit.em.getTransactionContext());
  return rows as readonly Row[];
}

/** A time of a row that was read by a statement of our own; `null` stays. */
export function timeOf(value: unknown): Date | null {
  if (value === null || value === undefined) return null;
  return value instanceof Date ? value : new Date(typeof value === 'string' ? value : Number.NaN);
}
