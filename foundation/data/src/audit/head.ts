import type { Pool, PoolClient } from 'pg';
import type { KeyRing } from '../secrets/key-ring.ts';
import { genesis } from './row.ts';

/** Where the chain ends. Its signature is made with the key ring, so that whoever only has the database can't move it. */
export interface Head {
  readonly position: number;
  readonly hash: string;
  readonly signature: string;
}

type Signer = Pick<KeyRing, 'sign' | 'isSigned'>;

const purpose = 'audit head';

/** Signs an end of the chain. */
export function signHead(keyRing: Signer, position: number, hash: string): string {
  return keyRing.sign(purpose, `${position} ${hash}`);
}

/** Whether this install signed that end of the chain. */
export function isHeadSigned(keyRing: Signer, head: Head): boolean {
  return keyRing.isSigned(purpose, `${head.position} ${head.hash}`, head.signature);
}

/** Begins the chain where there is none. */
export async function beginChain(pool: Pool, keyRing: Signer): Promise<void> {
  await pool.query(
    `insert into containr.audit_head (position, hash, signature)
       select 0, $1, $2 where not exists (select from containr.audit) on conflict do nothing`,
    [genesis, signHead(keyRing, 0, genesis)],
  );
}

/** Reads the head; `for update` keeps every other writer waiting until the transaction ends. */
export async function readHead(client: PoolClient, lock: '' | 'for update' = ''): Promise<Head | null> {
  const { rows } = await client.query<{ position: string; hash: string; signature: string }>(
    `select position::text, hash, signature from containr.audit_head ${lock}`,
  );
  const [row] = rows;
  return row ? { ...row, position: Number(row.position) } : null;
}
