import type { UnitOfWork } from '@containr/sdk';
import { query } from './query.ts';

/** Until the transaction ends, no other transaction that asks for it changes this service's deployments. */
export async function lockService(unit: UnitOfWork, service: string): Promise<void> {
  await query(unit, 'select pg_advisory_xact_lock(hashtextextended(?, 11))', [service]);
}
