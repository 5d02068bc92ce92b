import { AsyncLocalStorage } from 'node:async_hooks';
import type { EntityName, EntitySchema } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { ScopedStore, Store, UnitOfWork } from '@containr/sdk';
import { ContainrError, isContainrError } from '@containr/sdk';
import type { Peer } from '@containr/cell/channel';
import type { Actor, Told } from '../protocol.ts';
import { actorOf } from './principals.ts';
import { remoteClient } from './remote-client.ts';

/** What one transaction is for, and what it tells when it commits. */
interface Work {
  readonly as: Actor | { readonly system: string };
  readonly told: Told[];
}

/** The organisation of the filter; `null`: the host alone says whose rows there are. */
interface Scope {
  readonly id: string | null;
}

/** Loads the ORM; only where there are tables, for it is most of the memory that a small plugin takes. */
export function loadOrm() {
  return Promise.all([import('@mikro-orm/postgresql'), import('kysely')]);
}

/** The store of an isolated plugin with tables: an ORM here, whose statements the host runs. */
export async function openTables(peer: () => Peer, plugin: string, entities: readonly EntitySchema[]): Promise<Store> {
  const [{ MikroORM }, { PostgresDialect }] = await loadOrm();
  const current = new AsyncLocalStorage<Work>();
  const orm = await MikroORM.init({
    entities: [...entities],
    dbName: 'containr',
    contextName: plugin,
    driverOptions: new PostgresDialect({
      pool: {
        connect: async () => {
          const work = current.getStore();
          if (!work) throw outside();
          return remoteClient(peer(), work.as, work.told);
        },
        end: async () => undefined,
        options: {},
      },
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
      cond: ({ id }: Scope) => (id === null ? {} : { organisation: id }),
      entity: scoped,
    });
  }
  const scope = (as: Work['as'], organisation: string | null): ScopedStore => ({
    transaction: (work) => {
      const told: Told[] = [];
      return current.run({ as, told }, () => transact(orm.em, organisation, told, work));
    },
  });
  return {
    for: (principal) => scope(actorOf(principal, plugin), principal.organisation),
    system: (reason) => scope({ system: reason }, null),
  };
}

async function transact<T>(
  root: EntityManager,
  organisation: string | null,
  told: Told[],
  work: (unit: UnitOfWork) => Promise<T>,
): Promise<T> {
  const em = root.fork({ disableContextResolution: true });
  em.setFilterParams('organisation', { id: organisation } satisfies Scope);
  const unit: UnitOfWork = {
    em,
    emit: (event, payload, inside) =>
      told.push({
        emit: {
          event: event.name,
          payload,
          topics: [...event.topics(payload)],
          organisation: inside ?? organisation,
        },
      }),
    async enqueue(job, input, options) {
      const { runAt, ...rest } = options ?? {};
      told.push({
        enqueue: { job: job.name, input, ...rest, ...(runAt ? { runAt: runAt.toISOString() } : {}) },
      });
    },
  };
  await em.begin();
  try {
    const result = await work(unit);
    await em.flush();
    await em.commit();
    return result;
  } catch (error) {
    if (em.isInTransaction()) await em.rollback().catch(() => undefined);
    throw unwrapped(error);
  }
}

/** What the host refused, as it refused it: the ORM makes a driver's error of it, with the same properties. */
function unwrapped(error: unknown): unknown {
  if (isContainrError(error) || !(error instanceof Error)) return error;
  const { code, status, hint } = error as Error & { code?: unknown; status?: unknown; hint?: unknown };
  if (typeof code !== 'string' || typeof status !== 'number') return error;
  return new ContainrError({
    code,
    status,
    detail: error.message,
    ...(typeof hint === 'string' ? { hint } : {}),
    cause: error,
  });
}

function outside(): ContainrError {
  return new ContainrError({
    code: 'STORE_OUTSIDE',
    status: 500,
    detail: 'The database was asked outside of a transaction.',
    hint: 'Use unit.em inside of ctx.store.for(principal).transaction(…), and wait for what it gives.',
  });
}
