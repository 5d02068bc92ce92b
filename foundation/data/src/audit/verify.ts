import type { Pool, PoolClient } from 'pg';
import type { KeyRing } from '../secrets/key-ring.ts';
import type { Head } from './head.ts';
import { isHeadSigned, readHead } from './head.ts';
import type { AuditRow } from './row.ts';
import { genesis, hashOf } from './row.ts';
import type { StoredRow } from './stored.ts';
import { columns, fromStored } from './stored.ts';

const page = 1000;

/**
 * What is wrong with a row. `changed`: its content is not what was written. `missing`: it was taken out. `reordered`: it
 * belongs elsewhere. `truncated`: it and all after it were cut off. `added`: it stands behind the end. `head`: the end
 * itself is missing, or was not signed by this install.
 */
export type AuditFault = 'changed' | 'missing' | 'reordered' | 'truncated' | 'added' | 'head';

/** What a walk along the chain found. */
export interface AuditVerdict {
  readonly ok: boolean;
  /** Rows that are as they were written. */
  readonly checked: number;
  /** The first one that is not. */
  readonly broken: { readonly position: number; readonly reason: AuditFault } | null;
}

/** Walks the whole chain, in pages and in one snapshot, and names the first row that is not as it was written. */
export async function verifyChain(pool: Pool, keyRing: Pick<KeyRing, 'sign' | 'isSigned'>): Promise<AuditVerdict> {
  const client = await pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const found = await walk(client, keyRing);
    await client.query('commit');
    return found;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

async function walk(client: PoolClient, keyRing: Pick<KeyRing, 'sign' | 'isSigned'>): Promise<AuditVerdict> {
  const head = await readHead(client);
  let checked = 0;
  let last = genesis;
  for (;;) {
    const { rows } = await client.query<StoredRow>(
      `select ${columns} from containr.audit where position > $1 order by position limit ${page}`,
      [checked],
    );
    for (const row of rows.map(fromStored)) {
      const broken = await faultOf(client, row, checked + 1, last, head);
      if (broken) return { ok: false, checked: Math.min(checked, broken.position - 1), broken };
      last = row.hash;
      checked += 1;
    }
    if (rows.length < page) break;
  }
  const reason = endFault(head, checked, last, keyRing);
  if (reason === null) return { ok: true, checked, broken: null };
  return { ok: false, checked, broken: { position: reason === 'truncated' ? checked + 1 : checked, reason } };
}

async function faultOf(
  client: PoolClient,
  row: AuditRow,
  expected: number,
  last: string,
  head: Head | null,
): Promise<AuditVerdict['broken']> {
  if (row.position !== expected) return { position: expected, reason: 'missing' };
  if (head && expected > head.position) return { position: expected, reason: 'added' };
  const intact = hashOf(row) === row.hash;
  if (intact && row.previous === last) return null;
  // A row that is whole but follows something else: the one before was changed and given a new hash.
  if (intact) return { position: Math.max(1, expected - 1), reason: 'changed' };
  return { position: expected, reason: (await belongsElsewhere(client, row)) ? 'reordered' : 'changed' };
}

/** Whether the row is whole once it stands behind the row that it names as the one before. */
async function belongsElsewhere(client: PoolClient, row: AuditRow): Promise<boolean> {
  const { rows } = await client.query<{ position: string }>(
    'select position::text from containr.audit where hash = $1',
    [row.previous],
  );
  const places = [...rows.map((one) => Number(one.position) + 1), ...(row.previous === genesis ? [1] : [])];
  return places.some((position) => position !== row.position && hashOf({ ...row, position }) === row.hash);
}

function endFault(
  head: Head | null,
  checked: number,
  last: string,
  keyRing: Pick<KeyRing, 'sign' | 'isSigned'>,
): AuditFault | null {
  if (!head || !isHeadSigned(keyRing, head)) return 'head';
  if (head.position > checked) return 'truncated';
  return head.hash === last ? null : 'changed';
}
