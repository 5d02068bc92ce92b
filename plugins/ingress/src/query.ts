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
