import type { EntityManager } from '@mikro-orm/core';
import type { ScopedStore, Store, UnitOfWork } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { JobRow, MemoryDatabase, OutboxRow } from './memory-database.ts';
import { MemoryEntities } from './memory-entities.ts';
import type { Life, World } from './world.ts';

/** Who uses the database: as long as it lives, its transactions commit. */
export interface StoreUser extends Life {
  readonly plugin: string;
  /** Told after each commit, so that jobs and events that it brought are looked at. */
  committed(): void;
}

/**
 * A plugin's store on a {@link MemoryDatabase}. There is a turn before each transaction and one after its commit: a crash comes
 * between them, before anything was written or after everything was. Where the database goes down in one of them, who asked is told
 * `DEPENDENCY_DOWN`, and does not know whether it was written. Transactions are serial, which is stricter than Postgres at
 * its default level: races inside of transactions are for tests with a real one.
 */
export function memoryStore(world: World, database: MemoryDatabase, user: StoreUser): Store {
  const scope = (organisation: string | null): ScopedStore => ({
    async transaction(work) {
      await world.turn(user, 'transaction');
      if (!database.up) throw down();
      const result = await commit(world, database, user, organisation, work);
      user.committed();
      await world.turn(user, 'committed');
      if (!database.up) throw down();
      return result;
    },
  });
  return {
    for(principal) {
      if (principal.organisation === null) throw new Error(`${principal.name} acts in no organisation.`);
      return scope(principal.organisation);
    },
    system: () => scope(null),
  };
}

function down(): ContainrError {
  return new ContainrError({ code: 'DEPENDENCY_DOWN', status: 503, detail: 'The database does not answer.' });
}

async function commit<T>(
  world: World,
  database: MemoryDatabase,
  user: StoreUser,
  organisation: string | null,
  work: (unit: UnitOfWork) => Promise<T>,
): Promise<T> {
  const entities = new MemoryEntities(database, organisation);
  const jobs: Omit<JobRow, 'id' | 'attempts' | 'locked'>[] = [];
  const told: Omit<OutboxRow, 'position'>[] = [];
  const unit: UnitOfWork = {
    // Plugins use a small part of a large class; what is not there fails loudly.
    em: entities as unknown as EntityManager,
    emit: (event, payload, of) => {
      validate(event.payload, payload, `The payload of ${event.name}`);
      told.push({
        name: event.name,
        organisation: of ?? organisation,
        at: world.now,
        payload: structuredClone(payload),
      });
    },
    enqueue: async (job, input, options = {}) => {
      jobs.push({
        name: job.name,
        input: structuredClone(validate(job.input, input, `The input of ${job.name}`)),
        key: options.key ?? null,
        queue: options.queue ?? null,
        runAt: options.runAt?.getTime() ?? world.now,
        maxAttempts: options.maxAttempts ?? 10,
      });
    },
  };
  try {
    const result = await work(unit);
    await entities.flush();
    for (const job of jobs) database.addJob(job);
    for (const event of told) database.outbox.push({ ...event, position: database.outbox.length + 1 });
    return result;
  } catch (error) {
    entities.rollBack();
    throw error;
  }
}
