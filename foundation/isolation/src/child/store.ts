import type { EntitySchema } from '@mikro-orm/core';
import type { ScopedStore, Store, UnitOfWork } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { Peer } from '@containr/cell/channel';
import type { Actor } from '../protocol.ts';
import { actorOf } from './principals.ts';

/** The store of an isolated plugin without tables: events and jobs go out when the work returned. */
export function openStore(peer: () => Peer, plugin: string, entities: readonly EntitySchema[]): Store {
  const scope = (as: Actor | { system: string }): ScopedStore => ({
    async transaction(work) {
      const told: [op: string, data: unknown][] = [];
      const organisation = 'organisation' in as ? as.organisation : null;
      const unit: UnitOfWork = {
        get em(): never {
          throw new ContainrError({
            code: 'STORE_ISOLATED',
            status: 501,
            detail: `${plugin} has ${entities.length} entities and no migrations, so it has no tables.`,
            hint: 'Give the tables of the entities as migrations.',
          });
        },
        emit: (event, payload, inside) =>
          told.push([
            'emit',
            { event: event.name, payload, topics: event.topics(payload), organisation: inside ?? organisation },
          ]),
        async enqueue(job, input, options) {
          const { runAt, ...rest } = options ?? {};
          told.push(['enqueue', { job: job.name, input, ...rest, ...(runAt ? { runAt: runAt.toISOString() } : {}) }]);
        },
      };
      const result = await work(unit);
      for (const [op, data] of told) await peer().call(op, data);
      return result;
    },
  });
  return {
    for: (principal) => scope(actorOf(principal, plugin)),
    system: (reason) => scope({ system: reason }),
  };
}
