import type { PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import type { Peer } from '@containr/cell/channel';
import type { Actor, Told } from '../protocol.ts';

/** What the host answers to a statement. */
interface Answer {
  readonly command: PostgresQueryResult<unknown>['command'];
  readonly rowCount: number;
  readonly fields: readonly (readonly [name: string, type: number])[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly failed?: { readonly message: string };
}

const done: PostgresQueryResult<never> = { command: 'SELECT', rowCount: 0, rows: [] };

/** Opens a transaction at the host, in the shape of a client of `pg`. The host begins it; `told` goes out with its commit. */
export async function remoteClient(
  peer: Peer,
  as: Actor | { readonly system: string },
  told: readonly Told[],
): Promise<PostgresPoolClient> {
  const session = await peer.call('store.open', { as });
  let isOpen = true;
  const close = async (commit: boolean): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await peer.call('store.close', { session, commit, told: commit ? told : [] });
  };
  async function query<R>(text: string, values: readonly unknown[] = []): Promise<PostgresQueryResult<R>> {
    if (/^(begin|start transaction)/i.test(text)) return done;
    if (/^(commit|rollback)$/i.test(text)) {
      await close(text.toLowerCase() === 'commit');
      return done;
    }
    const answer = (await peer.call('store.query', { session, text, values: values.map(asText) })) as Answer;
    if (answer.failed) throw Object.assign(new Error(answer.failed.message), answer.failed);
    const { fields, rows } = answer;
    const read = fields.map(([, type]) => pg.types.getTypeParser(type, 'text') as (text: string) => unknown);
    const objects = rows.map((row) =>
      Object.fromEntries(fields.map(([name], n) => [name, typeof row[n] === 'string' ? read[n]?.(row[n]) : null])),
    );
    return { command: answer.command, rowCount: answer.rowCount, rows: objects as R[] };
  }
  return { query: query as PostgresPoolClient['query'], release: () => void close(false).catch(() => undefined) };
}

/** A value as Postgres reads it. */
function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return `{${value.map(asElement).join(',')}}`;
  return typeof value === 'object' ? JSON.stringify(value) : `${value as string | number | bigint | boolean}`;
}

function asElement(value: unknown): string {
  if (Array.isArray(value)) return asText(value) ?? 'NULL';
  const text = asText(value);
  return text === null ? 'NULL' : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
