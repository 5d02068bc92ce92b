import type { Pool } from 'pg';
import { ContainrError } from '@containr/sdk';
import type { KeyRing } from '../secrets/key-ring.ts';
import { readHead, signHead } from './head.ts';
import type { AuditEntry, AuditRow } from './row.ts';
import { hashOf, tidy } from './row.ts';
import { columns, toStored } from './stored.ts';

const types =
  'position bigint, at timestamptz, organisation_id text, principal_kind text, principal_id text, principal_name text, principal_via text, action text, plugin text, targets jsonb, status integer, request_id text, address text, previous text, hash text';

/**
 * Adds entries behind the head, in one transaction that holds the head's row: writers of all processes make one chain.
 * Durable when it resolves. Throws `AUDIT_HEAD_MISSING` when the head was taken away: a chain is never begun anew over rows.
 */
export async function appendRows(
  pool: Pool,
  keyRing: Pick<KeyRing, 'sign' | 'isSigned'>,
  entries: readonly AuditEntry[],
): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const head = await readHead(client, 'for update');
    if (!head) throw headMissing();
    let { position, hash } = head;
    const rows = entries.map((entry): AuditRow => {
      const row = { ...tidy(entry), position: (position += 1), previous: hash };
      hash = hashOf(row);
      return { ...row, hash };
    });
    await client.query(
      `with added as (insert into containr.audit (${columns}) select ${columns} from jsonb_to_recordset($1::jsonb) as row(${types}))
       update containr.audit_head set position = $2, hash = $3, signature = $4`,
      [JSON.stringify(rows.map(toStored)), position, hash, signHead(keyRing, position, hash)],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch((failed: Error) => (broken = failed));
    throw error;
  } finally {
    client.release(broken);
  }
}

function headMissing(): ContainrError {
  return new ContainrError({
    code: 'AUDIT_HEAD_MISSING',
    status: 500,
    detail: 'The head of the audit log is gone, so nothing can be added to it.',
    hint: 'Somebody changed the database by hand: restore the table containr.audit_head from a backup.',
  });
}
