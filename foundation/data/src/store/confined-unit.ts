import { Socket } from 'node:net';
import pg from 'pg';
import { ContainrError } from '@containr/sdk';
import { beginConfined } from './confined-role.ts';
import type { ConfinedRole } from './confined-role.ts';
import { checkConfinedSql } from './confined-sql.ts';
import { asStoreError } from './store-error.ts';

/** What one statement gave: values as the text that Postgres writes, with the type's number of each column. */
export interface ConfinedResult {
  readonly command: string;
  readonly rowCount: number;
  readonly fields: readonly (readonly [name: string, type: number])[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** One transaction of a plugin that is not trusted, on a connection of its own that ends with it. */
export interface ConfinedUnit {
  /** Runs one statement. Throws `SQL_REFUSED`, `STORE_FORBIDDEN`, `STORE_LIMIT`, and what the database throws. */
  query(text: string, values: readonly (string | null)[]): Promise<ConfinedResult>;
  /** Keeps what was written, together with what is to be told; that waits in `containr_told`. */
  commit(told: readonly unknown[]): Promise<void>;
  rollback(): Promise<void>;
  /** Resolves when its connection is gone, for whatever reason. */
  readonly ended: Promise<void>;
}

const statementMs = 5_000;
const unitMs = 30_000;
const mostBytes = 2 * 1_048_576;

/** Begins a unit in which rows of one organisation exist; `*`: of all. */
export async function openConfinedUnit(
  role: ConfinedRole,
  schema: string,
  organisation: string,
): Promise<ConfinedUnit> {
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: role.url,
    stream: () => socket,
    connectionTimeoutMillis: 10_000,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: unitMs,
  });
  client.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let readBefore = 0;
  let cut: ContainrError | null = null;
  const end = (why: string): void => {
    cut ??= limit(why);
    socket.destroy(cut);
  };
  socket.on('data', () => {
    if (socket.bytesRead - readBefore > mostBytes) end(`a result is larger than ${mostBytes} bytes`);
  });
  const late = setTimeout(() => end(`a transaction takes longer than ${unitMs / 1000} s`), unitMs);
  void ended.then(() => clearTimeout(late));
  const close = async (last: string): Promise<void> => {
    try {
      await client.query(last);
    } catch (error) {
      throw cut ?? asStoreError(error);
    } finally {
      socket.destroy();
    }
  };
  try {
    await client.connect();
    await beginConfined(client, role, schema, organisation);
  } catch (error) {
    socket.destroy();
    throw asStoreError(error);
  }
  return {
    async query(text, values) {
      checkConfinedSql(text, 'unit');
      readBefore = socket.bytesRead;
      try {
        const result = await client.query<(string | null)[]>({ ...plain, text, values: [...values] });
        return {
          command: result.command,
          rowCount: result.rowCount ?? 0,
          fields: result.fields.map((field) => [field.name, field.dataTypeID] as const),
          rows: result.rows,
        };
      } catch (error) {
        throw cut ?? asConfinedError(error);
      }
    },
    async commit(told) {
      try {
        for (const entry of told)
          await client.query(`insert into ${schema}.containr_told (entry) values ($1)`, [JSON.stringify(entry)]);
      } catch (error) {
        await close('rollback').catch(() => undefined);
        throw cut ?? asConfinedError(error);
      }
      await close('commit');
    },
    rollback: () => close('rollback'),
    ended,
  };
}

// The extended protocol takes one statement; values stay text, so that the plugin's process reads them by its own rules.
const plain = {
  rowMode: 'array' as const,
  queryMode: 'extended',
  types: { getTypeParser: () => (value: string | null) => value },
};

function asConfinedError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === '57014') return limit(`a statement takes longer than ${statementMs / 1000} s`);
  if (code !== '42501') return asStoreError(error);
  return new ContainrError({
    code: 'STORE_FORBIDDEN',
    status: 403,
    detail: `The database refuses it: ${error instanceof Error ? error.message : ''}.`,
    hint: 'An isolated plugin reads and writes its own tables, and rows of the organisation that it acts in.',
    cause: error,
  });
}

function limit(why: string): ContainrError {
  return new ContainrError({
    code: 'STORE_LIMIT',
    status: 413,
    detail: `The database work of an isolated plugin was ended: ${why}.`,
    hint: 'Read pages, and keep transactions short.',
  });
}
