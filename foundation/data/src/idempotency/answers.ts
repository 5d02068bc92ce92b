import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { Logger } from '@containr/sdk';
import type { KeyRing } from '../secrets/key-ring.ts';

const keptHours = 24;
const sweepMs = 10 * 60_000;
const purpose = 'idempotency';

/** An answer that can be given again. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Answers to requests that may be repeated, for 24 h. */
export interface Answers {
  /**
   * Takes a key for a request. `new`: it is this request's now; `mismatch`: it is another's; `running`: the first one has no
   * answer yet. The key of a process that died before it answered is taken over.
   */
  begin(
    scope: string,
    content: string,
  ): Promise<{ state: 'new' | 'mismatch' | 'running' } | { state: 'done'; answer: Answer }>;
  finish(scope: string, answer: Answer): Promise<void>;
  forget(scope: string): Promise<void>;
  /** Removes what is older than 24 h. */
  sweep(): Promise<void>;
  stop(): void;
}

interface Row {
  readonly content: string;
  readonly status: number | null;
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

/** Opens the answers of an install; they are swept every ten minutes. */
export function openAnswers({ pool, keyRing, log }: { pool: Pool; keyRing: KeyRing; log: Logger }): Answers {
  const process = pool.options.application_name ?? '';
  const owner = (key: string): string => `answer ${key}`;

  async function take(key: string, content: string): Promise<boolean> {
    const { rowCount } = await pool.query(
      `insert into containr.idempotency as i (scope, content, process) values ($1, $2, $3)
         on conflict (scope) do update set content = $2, process = $3, at = now(), status = null, headers = null, body = null
         where i.at < now() - interval '${keptHours} hours'
            or (i.status is null and not exists (select from pg_stat_activity a where a.application_name = i.process))`,
      [key, keyRing.sign(purpose, content), process],
    );
    return rowCount === 1;
  }

  const answers: Answers = {
    async begin(scope, content) {
      const key = keyOf(scope);
      if (await take(key, content)) return { state: 'new' };
      const { rows } = await pool.query<Row>(
        'select content, status, headers, body from containr.idempotency where scope = $1',
        [key],
      );
      const [row] = rows;
      // It was forgotten between the two statements.
      if (!row) return answers.begin(scope, content);
      if (!keyRing.isSigned(purpose, content, row.content)) return { state: 'mismatch' };
      if (row.status === null) return { state: 'running' };
      const body = row.body === null ? null : keyRing.open('kernel', owner(key), row.body);
      return { state: 'done', answer: { status: row.status, headers: row.headers, body } };
    },
    async finish(scope, { status, headers, body }) {
      const key = keyOf(scope);
      await pool.query(
        'update containr.idempotency set status = $2, headers = $3, body = $4 where scope = $1 and process = $5',
        [
          key,
          status,
          JSON.stringify(headers),
          body === null ? null : keyRing.seal('kernel', owner(key), body),
          process,
        ],
      );
    },
    async forget(scope) {
      await pool.query('delete from containr.idempotency where scope = $1 and process = $2', [keyOf(scope), process]);
    },
    async sweep() {
      await pool.query(`delete from containr.idempotency where at < now() - interval '${keptHours} hours'`);
    },
    stop: () => clearInterval(timer),
  };
  const timer = setInterval(() => {
    answers.sweep().catch((error: unknown) => log.warn({ error }, 'Old idempotency keys could not be removed'));
  }, sweepMs).unref();
  return answers;
}

/** What a client chose as its key is none of the database's business. */
function keyOf(scope: string): string {
  return createHash('sha256').update(scope).digest('hex');
}
