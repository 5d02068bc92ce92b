import { outboxEntry, runOn, writeOutbox } from '@containr/data';
import type { Database } from '@containr/data';
import type { Event } from '@containr/sdk';

/** Makes what puts the kernel's own events into the outbox. */
export function emitter({ pool }: Database) {
  return async function emit<P>(event: Event<P>, payload: P): Promise<void> {
    await writeOutbox(runOn(pool), [outboxEntry('kernel', event, payload, null)]);
  };
}
