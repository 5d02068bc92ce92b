import type { Event } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

/** One event that waits for its transaction to commit. */
export interface OutboxEntry {
  readonly plugin: string;
  readonly name: string;
  readonly organisation: string | null;
  readonly permission: string;
  readonly topics: readonly string[];
  readonly payload: unknown;
}

/** Runs one statement inside the caller's transaction; `?` stands for a value. */
export type RunSql = (sql: string, values: readonly unknown[]) => Promise<unknown>;

export const waitingChannel = 'containr_outbox';

/** Checks an event's payload and makes its outbox entry. */
export function outboxEntry<P>(plugin: string, event: Event<P>, payload: P, organisation: string | null): OutboxEntry {
  const checked = validate<P>(event.payload, payload, `The event ${event.name}`);
  return {
    plugin,
    name: event.name,
    organisation,
    permission: event.permission,
    topics: event.topics(checked),
    payload: checked,
  };
}

/** Writes events in the caller's transaction and wakes the dispatcher when it commits. */
export async function writeOutbox(run: RunSql, entries: readonly OutboxEntry[]): Promise<void> {
  await run(
    `insert into containr.outbox (plugin, name, organisation_id, permission, topics, payload)
       select e->>'plugin', e->>'name', e->>'organisation', e->>'permission',
              array(select jsonb_array_elements_text(e->'topics')), e->'payload'
         from jsonb_array_elements(cast(? as jsonb)) with ordinality as list(e, place) order by place`,
    [JSON.stringify(entries)],
  );
  await run(`select pg_notify('${waitingChannel}', '')`, []);
}
