import type { Pool } from 'pg';
import type { Logger } from '@containr/sdk';
import { openSession } from './session.ts';

/** A network that swallows everything tells nobody that the connection is lost. */
const lookMs = 30_000;

/**
 * Hears what other control-plane processes notify, by channel, on one connection. Each listener is also called with `null`
 * when anything may have been missed: after the connection was made anew, and every half minute. Returns how to end it.
 */
export function openNotices(
  pool: Pool,
  log: Logger,
  heard: Readonly<Record<string, (payload: string | null) => void>>,
): () => Promise<void> {
  const all = (): void => Object.values(heard).forEach((wake) => wake(null));
  const session = openSession({
    pool,
    log,
    channels: Object.keys(heard),
    onWake: (channel, payload) => (channel === null ? all() : heard[channel]?.(payload)),
  });
  const timer = setInterval(all, lookMs).unref();
  return async () => {
    clearInterval(timer);
    await session.stop();
  };
}
