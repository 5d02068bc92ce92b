import type { EntityManager } from '@mikro-orm/core';
import type { Event } from './events.ts';
import type { EnqueueOptions, Job } from './jobs.ts';
import type { Principal } from './principal.ts';

/** One transaction: what it writes, what it tells and what it starts are committed together or not at all. */
export interface UnitOfWork {
  /** Entity manager of the plugin's own schema, inside the transaction, scoped to the organisation. */
  readonly em: EntityManager;
  /** Writes an event to the outbox. */
  readonly emit: <P>(event: Event<P>, payload: P, organisation?: string) => void;
  /** Starts a job of this plugin. */
  readonly enqueue: <P>(job: Job<P>, input: P, options?: EnqueueOptions) => Promise<void>;
}

/** A store that sees one organisation's rows (or, for the system, all of them). */
export interface ScopedStore {
  /** Runs `work` in one transaction; commits on return, rolls back on a throw. */
  transaction<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T>;
}

/** A plugin's data. */
export interface Store {
  /** Everything is read and written inside the principal's organisation; throws `FORBIDDEN` when it has none. */
  for(principal: Principal): ScopedStore;
  /** All organisations; for jobs and sweeps. The reason is listed by lint. */
  system(reason: string): ScopedStore;
}

/** One step of a plugin's schema: statements run in the plugin's own Postgres schema, in one transaction, once. */
export interface Migration {
  /** `0001-init`; ordered by name. */
  readonly name: string;
  readonly up: readonly string[];
}

/** Defines a migration. Tables with an `organisation uuid` column get row-level security by the kernel. */
export function defineMigration(migration: Migration): Migration {
  return migration;
}
