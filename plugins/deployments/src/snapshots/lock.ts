import type { UnitOfWork } from '@containr/sdk';
import { query } from '../engine/query.ts';

/** Until the transaction ends, nobody else takes this snapshot in, begins to use it, or removes it. */
export async function lockSnapshot(unit: UnitOfWork, treeHash: string): Promise<void> {
  await query(unit, 'select pg_advisory_xact_lock(hashtextextended(?, 14))', [treeHash]);
}
