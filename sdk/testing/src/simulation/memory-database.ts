import type { EntitySchema } from '@mikro-orm/core';

/** A row, by property name. */
export type Row = Record<string, unknown>;

/** A job as the database keeps it. */
export interface JobRow {
  readonly id: number;
  readonly name: string;
  readonly queue: string | null;
  key: string | null;
  input: unknown;
  runAt: number;
  attempts: number;
  readonly maxAttempts: number;
  locked: boolean;
}

/** An event as the outbox keeps it. */
export interface OutboxRow {
  readonly position: number;
  readonly name: string;
  readonly organisation: string | null;
  readonly at: number;
  readonly payload: unknown;
}

/** What survives a crash of everything: tables, jobs and the outbox. Transactions on it run one after another. */
export class MemoryDatabase {
  readonly tables = new Map<string, Map<string, Row>>();
  jobs: JobRow[] = [];
  readonly outbox: OutboxRow[] = [];
  /** While false, nobody is answered; what was committed stays. */
  up = true;
  #jobs = 0;

  /** All rows of an entity as they are now, to look at. */
  rows<T>(entity: EntitySchema<T>): readonly Readonly<T>[] {
    return [...this.table(entity).values()] as T[];
  }

  /** The rows of an entity, by primary key. */
  table(entity: EntitySchema<never> | EntitySchema): Map<string, Row> {
    const { className } = entity.meta;
    const found = this.tables.get(className) ?? new Map<string, Row>();
    this.tables.set(className, found);
    return found;
  }

  /** Adds a job; one that waits under the same key is replaced, one that runs keeps running and loses the key. */
  addJob(job: Omit<JobRow, 'id' | 'attempts' | 'locked'>): void {
    const waiting = job.key === null ? undefined : this.jobs.find((one) => one.key === job.key);
    if (waiting && !waiting.locked) {
      waiting.input = job.input;
      waiting.runAt = job.runAt;
      waiting.attempts = 0;
      return;
    }
    if (waiting) waiting.key = null;
    this.#jobs += 1;
    this.jobs.push({ ...job, id: this.#jobs, attempts: 0, locked: false });
  }
}
