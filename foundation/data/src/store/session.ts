import type { Notification, Pool, PoolClient } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@containr/sdk';

/** One connection kept for listening and for a lock that ends with it. */
export interface Session {
  /** Whether this process holds the lock now. */
  readonly leads: boolean;
  /** Tries to get the lock, when it is not held. */
  lead(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Keeps a connection that listens to `channels`; made again whenever it breaks, with a wake-up for what was missed. */
export function openSession(options: {
  pool: Pool;
  log: Logger;
  channels: readonly string[];
  /** Name of the lock that {@link Session.lead} asks for. */
  lock?: string;
  /** A notification came; `null` when the connection is new, so that anything may have been missed. */
  onWake(channel: string | null, payload: string): void;
}): Session {
  let client: PoolClient | null = null;
  let leads = false;
  let stopped = false;
  let lost: () => void = () => undefined;
  const loop = keep();

  async function keep(): Promise<void> {
    while (!stopped) {
      let fresh: PoolClient | null = null;
      try {
        fresh = await options.pool.connect();
        const gone = new Promise<void>((resolve) => (lost = resolve));
        fresh.on('notification', (message: Notification) => options.onWake(message.channel, message.payload ?? ''));
        fresh.on('error', () => lost());
        fresh.on('end', () => lost());
        for (const channel of options.channels) await fresh.query(`listen ${channel}`);
        client = fresh;
        options.onWake(null, '');
        await gone;
      } catch (error) {
        options.log.warn({ error }, 'The connection for notifications could not be made; trying again');
        await sleep(500);
      } finally {
        leads = false;
        client = null;
        fresh?.release(true);
      }
    }
  }

  return {
    get leads() {
      return leads;
    },
    async lead() {
      if (leads || !client) return leads;
      const asked = client;
      const { rows } = await asked.query<{ got: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as got',
        [options.lock ?? ''],
      );
      leads = client === asked && rows[0]?.got === true;
      return leads;
    },
    async stop() {
      stopped = true;
      lost();
      await loop;
    },
  };
}
