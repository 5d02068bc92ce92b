import type { Pool } from 'pg';
import type { Delivered, Disposer, Event, Logger, Principal, StreamEvent } from '@containr/sdk';
import { can, conflict } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { forgetEvents, placedChannel, placeEvents } from './dispatcher.ts';
import { waitingChannel } from './outbox.ts';
import type { OutboxRow } from './rows.ts';
import { readBounds } from './rows.ts';
import { openSession } from '../store/session.ts';
import type { Session } from '../store/session.ts';
import { createTail } from './tail.ts';
import { createWakeup } from './wakeup.ts';

const lookMs = 5000;
const forgetMs = 600_000;
const batch = 200;

type Handler<P> = (delivered: Delivered<P>) => Promise<void>;

/** What the stream of a browser tab or client asks for. */
export interface StreamRequest {
  readonly principal: Principal;
  /** Events of any of these topics; all that the principal may see when empty. */
  readonly topics: readonly string[];
  readonly lastEventId: string | null;
  readonly signal: AbortSignal;
}

/** The outbox's readers. */
export interface Events {
  define(plugin: string, event: Event): Disposer;
  on<P>(plugin: string, event: Event<P>, handler: Handler<P>): Disposer;
  stream(request: StreamRequest): AsyncIterable<StreamEvent>;
  list(): readonly { name: string; plugin: string; permission: string }[];
  /** Who hears what now. */
  handlers(): readonly { event: string; plugin: string }[];
  /** Resolves when every handler so far has its place: what is emitted from then on reaches it. */
  ready(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

/** Makes the events of one control-plane process; of several, one at a time places events and runs the handlers. */
export function createEvents({ pool, log }: { pool: Pool; log: Logger }): Events {
  const waiting = createWakeup();
  const placed = createWakeup();
  const ending = new AbortController();
  const defined = new Map<string, { plugin: string; event: Event }>();
  const tail = createTail(pool);
  const starting = new Set<Promise<unknown>>();
  const hearing = new Set<{ event: string; plugin: string }>();
  /** Newest position that this process gave or found; what a handler misses is not after it. */
  let head: bigint | null = null;
  let session: Session | null = null;
  let dispatching: Promise<void> = Promise.resolve();

  async function dispatch(): Promise<void> {
    let forgotten = 0;
    while (!ending.signal.aborted) {
      const mark = waiting.mark;
      try {
        const led = session?.leads;
        if (await session?.lead()) {
          if (!led) placed.wake();
          for (let round = await placeEvents(pool); ; round = await placeEvents(pool)) {
            head = round.head + BigInt(round.placed);
            if (round.placed === 0) break;
            placed.wake();
          }
          if (Date.now() - forgotten > forgetMs) {
            await forgetEvents(pool, new Date());
            forgotten = Date.now();
          }
        }
      } catch (error) {
        if (!ending.signal.aborted) log.warn({ error }, 'Events could not be placed; trying again');
        await waiting.sleep(waiting.mark, 500, ending.signal);
      }
      await waiting.sleep(mark, lookMs, ending.signal);
    }
  }

  async function deliver<P>(
    plugin: string,
    event: Event<P>,
    handler: Handler<P>,
    from: bigint | null,
    signal: AbortSignal,
  ): Promise<void> {
    const first = firstCursor(pool, plugin, event.name, from);
    starting.add(first);
    let cursor = await first.finally(() => starting.delete(first));
    while (!signal.aborted) {
      const mark = placed.mark;
      const { rows, seen } = session?.leads ? await tail.after(cursor, batch, event.name) : { rows: [], seen: cursor };
      for (const row of rows) {
        if (signal.aborted) return;
        await handleOne(plugin, event, row, handler);
        cursor = row.position;
        await pool.query(
          'update containr.event_cursors set position = $3 where plugin = $1 and event = $2 and position < $3',
          [plugin, event.name, cursor.toString()],
        );
      }
      cursor = seen;
      if (rows.length === 0) await placed.sleep(mark, lookMs, signal);
    }
  }

  async function handleOne<P>(plugin: string, event: Event<P>, row: OutboxRow, handler: Handler<P>): Promise<void> {
    try {
      const payload = validate<P>(event.payload, row.payload, `The event ${event.name}`);
      await handler({ position: row.position, organisation: row.organisation, at: row.at, payload });
    } catch (error) {
      log.error(
        { error, plugin, event: event.name, position: row.position.toString() },
        'A handler of an event failed',
      );
    }
  }

  return {
    define(plugin, event) {
      const holder = defined.get(event.name);
      if (holder)
        throw conflict(
          'CONFLICT_EVENT',
          `The event ${event.name} is defined by ${holder.plugin} already.`,
          'Give it another name.',
        );
      defined.set(event.name, { plugin, event });
      return () => void defined.delete(event.name);
    },
    on(plugin, event, handler) {
      const over = new AbortController();
      const signal = AbortSignal.any([over.signal, ending.signal]);
      const from = head;
      const heard = { event: event.name, plugin };
      hearing.add(heard);
      const loop = retrying(() => deliver(plugin, event, handler, from, signal), signal, log);
      return async () => {
        over.abort();
        await loop;
        hearing.delete(heard);
      };
    },
    async *stream({ principal, topics, lastEventId, signal }) {
      const over = AbortSignal.any([signal, ending.signal]);
      const bounds = await readBounds(pool);
      let cursor = resumeAt(lastEventId, bounds);
      if (cursor === null) {
        cursor = bounds.head;
        yield {
          id: cursor.toString(),
          event: 'reset',
          data: { reason: 'What came after that event is not kept any more: load everything again.' },
        };
      } else if (lastEventId === null) {
        // A client that loses its connection before the first event needs a place to resume from as well.
        yield { id: cursor.toString(), event: 'ready', data: { topics: [], payload: {} } };
      }
      while (!over.aborted) {
        const mark = placed.mark;
        const { rows, seen } = await tail.after(cursor, batch, null);
        cursor = seen;
        for (const row of rows) {
          if (over.aborted) return;
          if (!maySee(principal, row) || !concerns(row, topics)) continue;
          yield {
            id: row.position.toString(),
            event: row.name,
            data: { name: row.name, at: row.at.toISOString(), topics: row.topics, payload: row.payload },
          };
        }
        if (rows.length === 0) await placed.sleep(mark, lookMs, over);
      }
    },
    list: () => [...defined].map(([name, { plugin, event }]) => ({ name, plugin, permission: event.permission })),
    handlers: () => [...hearing],
    async ready() {
      await Promise.allSettled(starting);
    },
    start() {
      const onWake = (channel: string | null) => {
        if (channel !== placedChannel) waiting.wake();
        if (channel !== waitingChannel) placed.wake();
      };
      session = openSession({ pool, log, channels: [waitingChannel, placedChannel], lock: 'containr events', onWake });
      dispatching = dispatch();
    },
    async stop() {
      ending.abort();
      await dispatching;
      await session?.stop();
    },
  };
}

// A new handler begins with what happens from now on; one that was off goes on where it stopped.
async function firstCursor(pool: Pool, plugin: string, event: string, from: bigint | null): Promise<bigint> {
  const { rows } = await pool.query<{ position: string }>(
    `with made as (insert into containr.event_cursors (plugin, event, position) select $1, $2, coalesce($3::bigint, position) from containr.outbox_head
                   on conflict do nothing returning position)
     select position::text from made union all select position::text from containr.event_cursors where plugin = $1 and event = $2`,
    [plugin, event, from?.toString() ?? null],
  );
  return BigInt(rows[0]?.position ?? 0);
}

async function retrying(work: () => Promise<void>, signal: AbortSignal, log: Logger): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ error }, 'Events could not be read; trying again');
      await createWakeup().sleep(0, 500, signal);
    }
  }
}

function resumeAt(lastEventId: string | null, bounds: { head: bigint; oldest: bigint }): bigint | null {
  if (lastEventId === null || lastEventId === '') return bounds.head;
  if (!/^\d{1,18}$/.test(lastEventId)) return null;
  const position = BigInt(lastEventId);
  return position >= bounds.oldest && position <= bounds.head ? position : null;
}

function maySee(principal: Principal, row: OutboxRow): boolean {
  return can(principal, row.permission) && (row.organisation === null || row.organisation === principal.organisation);
}

function concerns(row: OutboxRow, topics: readonly string[]): boolean {
  return topics.length === 0 || row.topics.some((topic) => topics.includes(topic));
}
