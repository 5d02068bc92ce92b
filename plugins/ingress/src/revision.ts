import type { UnitOfWork } from '@containr/sdk';
import { query } from './query.ts';

/** Gives the table its next number, at least `least`; its row's lock puts concurrent changes in order. */
export async function bumpRevision(unit: UnitOfWork, least = 0): Promise<number> {
  const [row] = await query<{ revision: string }>(
    unit,
    'update table_revision set revision = greatest(revision + 1, ?::bigint) where id = 1 returning revision::text',
    [least],
  );
  return Number(row?.revision ?? 0);
}

/** The number of the newest committed table. */
export async function readRevision(unit: UnitOfWork): Promise<number> {
  const [row] = await query<{ revision: string }>(unit, 'select revision::text from table_revision where id = 1');
  return Number(row?.revision ?? 0);
}

/** Gives the set of certificates its next number, at least `least`. */
export async function bumpCertificates(unit: UnitOfWork, least = 0): Promise<number> {
  const [row] = await query<{ revision: string }>(
    unit,
    'update certificate_revision set revision = greatest(revision + 1, ?::bigint) where id = 1 returning revision::text',
    [least],
  );
  return Number(row?.revision ?? 0);
}

/** The number of the newest committed set of certificates. */
export async function readCertificateRevision(unit: UnitOfWork): Promise<number> {
  const [row] = await query<{ revision: string }>(unit, 'select revision::text from certificate_revision where id = 1');
  return Number(row?.revision ?? 0);
}
