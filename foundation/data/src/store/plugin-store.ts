import type { EntityName, EntitySchema } from '@mikro-orm/core';
import { MikroORM } from '@mikro-orm/postgresql';
import type { EntityManager } from '@mikro-orm/postgresql';
import { PostgresDialect } from 'kysely';
import type { Event, EnqueueOptions, Job, Migration, Principal, ScopedStore, Store, UnitOfWork } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { addJob } from '../jobs/add.ts';
import type { OutboxEntry } from '../events/outbox.ts';
import { outboxEntry, writeOutbox } from '../events/outbox.ts';
import type { Database } from './database.ts';
import { migrate } from './migrations.ts';
import { schemaOf } from './plugin-data.ts';
import { asStoreError } from './store-error.ts';

/** What a plugin keeps data with. */
export interface PluginStoreOptions {
  readonly database: Pick<Database, 'pool'>;
  readonly plugin: string;
  readonly entities?: readonly EntitySchema[] | undefined;
  readonly migrations?: readonly Migration[] | undefined;
}

const everything = '*';

/** Parameter of the filter. */
interface Scope {
  readonly id: string;
}

/** A plugin's open store, and how much it is used. */
export interface OpenStore {
  readonly store: Store;
  readonly entities: number;
  /** Units of work that are open now; each holds one of the shared pool's connections. */
  readonly units: number;
  readonly close: () => Promise<void>;
}

/** Brings the plugin's schema up and opens its store; closing it leaves the shared pool alone. */
export async function openPluginStore(options: PluginStoreOptions): Promise<OpenStore> {
  const { plugin, entities = [] } = options;
  const { pool } = options.database;
  const schema = schemaOf(plugin);
  await migrate(pool, schema, options.migrations ?? [], { refuseDiverged: true });
  const orm = await MikroORM.init({
    entities: [...entities],
    dbName: 'containr',
    schema,
    // Two managers of the same name would silently share a transaction.
    contextName: schema,
    driverOptions: new PostgresDialect({
      pool: { connect: () => pool.connect(), end: () => Promise.resolve(), options: pool.options },
    }),
    ensureDatabase: false,
    discovery: { warnWhenNoEntities: false },
  });
  const scoped: EntityName[] = [...orm.getMetadata().getAll()].flatMap(([entity, meta]) =>
    'organisation' in meta.properties ? [entity] : [],
  );
  if (scoped.length > 0) {
    orm.em.addFilter({
      name: 'organisation',
      cond: ({ id }: Scope) => (id === everything ? {} : { organisation: id }),
      entity: scoped,
    });
  }
  let units = 0;
  const scope = (organisation: string): ScopedStore => ({
    transaction: (work) => {
      units += 1;
      return transact(orm.em, { plugin, schema, organisation }, work).finally(() => (units -= 1));
    },
  });
  return {
    entities: entities.length,
    get units() {
      return units;
    },
    store: {
      for: (principal) => scope(organisationOf(principal)),
      system: () => scope(everything),
    },
    close: () => orm.close(),
  };
}

function organisationOf(principal: Principal): string {
  if (principal.organisation !== null && principal.organisation !== everything) return principal.organisation;
  throw new ContainrError({
    code: 'FORBIDDEN',
    status: 403,
    detail: `${principal.name} acts in no organisation, so there is nothing it may see here.`,
    hint: 'Name an organisation with the Containr-Organisation header.',
  });
}

async function transact<T>(
  root: EntityManager,
  where: { plugin: string; schema: string; organisation: string },
  work: (unit: UnitOfWork) => Promise<T>,
): Promise<T> {
  const em = root.fork({ disableContextResolution: true });
  em.setFilterParams('organisation', { id: where.organisation } satisfies Scope);
  const outbox: OutboxEntry[] = [];
  const unit: UnitOfWork = {
    em,
    emit<P>(event: Event<P>, payload: P, organisation?: string) {
      outbox.push(
        outboxEntry(
          where.plugin,
          event,
          payload,
          organisation ?? (where.organisation === everything ? null : where.organisation),
        ),
      );
    },
    enqueue: <P>(job: Job<P>, input: P, options?: EnqueueOptions) => addJob(run, where.plugin, job, input, options),
  };
  const run = (sql: string, values: readonly unknown[]): Promise<unknown> => em.execute(sql, [...values]);
  try {
    await em.begin();
    try {
      await run(`select set_config('search_path', ?, true), set_config('containr.organisation', ?, true)`, [
        where.schema,
        where.organisation,
      ]);
      const result = await work(unit);
      await em.flush();
      if (outbox.length > 0) await writeOutbox(run, outbox);
      await em.commit();
      return result;
    } catch (error) {
      // The first failure tells more than a rollback on a connection that broke.
      if (em.isInTransaction()) await em.rollback().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw asStoreError(error);
  }
}
