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
   * answer yet. The key of a process that died before it answered is taken over, also
   * what this one was given without hearing of it; an answer that the database could not keep is kept as soon as it can.
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
  /** Keys that the database may have given to this process, or kept for it, without its hearing of that: nobody works on them. */
  const unheard = new Set<string>();
  /** Answers that were given while the database was not there to keep them. */
  const unkept = new Map<string, Answer>();

  async function take(key: string, content: string): Promise<boolean> {
    // One that asks takes it; others that ask at the same time do not.
    const mine = unheard.delete(key);
    const { rowCount } = await pool
      .query(
        `insert into containr.idempotency as i (scope, content, process) values ($1, $2, $3)
           on conflict (scope) do update set content = $2, process = $3, at = now(), status = null, headers = null, body = null
           where i.at < now() - interval '${keptHours} hours'
              or (i.status is null and (not exists (select from pg_stat_activity a where a.application_name = i.process)
                                        or (i.process = $3 and $4)))`,
        [key, keyRing.sign(purpose, content), process, mine],
      )
      .catch((error: unknown) => {
        unheard.add(key);
        throw error;
      });
    return rowCount === 1;
  }

  async function keep(key: string, { status, headers, body }: Answer): Promise<void> {
    const sealed = body === null ? null : keyRing.seal('kernel', owner(key), body);
    await pool.query(
      'update containr.idempotency set status = $2, headers = $3, body = $4 where scope = $1 and process = $5',
      [key, status, JSON.stringify(headers), sealed, process],
    );
    unkept.delete(key);
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
      const late = unkept.get(key);
      if (row.status === null && late) {
        await keep(key, late);
        return { state: 'done', answer: late };
      }
      if (row.status === null) return { state: 'running' };
      const body = row.body === null ? null : keyRing.open('kernel', owner(key), row.body);
      return { state: 'done', answer: { status: row.status, headers: row.headers, body } };
    },
    async finish(scope, answer) {
      const key = keyOf(scope);
      unkept.set(key, answer);
      await keep(key, answer);
    },
    async forget(scope) {
      const key = keyOf(scope);
      // Until that is known to be done; the next one who asks may have it.
      unheard.add(key);
      await pool.query('delete from containr.idempotency where scope = $1 and process = $2', [key, process]);
      unheard.delete(key);
    },
    async sweep() {
      for (const [key, answer] of unkept) await keep(key, answer);
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
