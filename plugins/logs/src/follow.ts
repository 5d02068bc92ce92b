import type { PluginContext, Principal, StreamEvent } from '@containr/sdk';
import type { LogQuery } from './contract.ts';
import type { LogService } from './log-service.ts';

/** Lines that come within this time travel together. */
const batchMs = 50;
const batchLines = 500;

/** All lines after a cursor, and on as they come: events `lines` with `{ lines }`, whose id is the last line's cursor. */
export async function* followLines(
  ctx: PluginContext,
  service: LogService,
  from: Omit<LogQuery, 'limit' | 'waitMs'>,
  principal: Principal,
  signal: AbortSignal,
): AsyncIterable<StreamEvent> {
  let after = from.after;
  let sentAt = 0;
  while (!signal.aborted) {
    const rest = batchMs - (ctx.clock.now().getTime() - sentAt);
    if (rest > 0) await ctx.clock.sleep(rest, signal).catch(() => undefined);
    const lines = await service.read({ ...from, after, limit: batchLines, waitMs: 25_000 }, principal, signal);
    const last = lines.at(-1);
    if (!last || signal.aborted) continue;
    after = last.cursor;
    sentAt = ctx.clock.now().getTime();
    yield { id: last.cursor, event: 'lines', data: { lines } };
  }
}
