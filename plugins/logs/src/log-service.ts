import type { PluginContext, Principal } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { append } from './append.ts';
import { Arrivals } from './arrivals.ts';
import type { LogAppend, LogLine, LogQuery } from './contract.ts';
import { readLines } from './read.ts';

/** How long another process's lines may go unseen. */
const pollMs = 500;

/** What keeps and gives lines in this process. */
export interface LogService {
  append(input: LogAppend, principal: Principal): Promise<void>;
  /** Waits up to `waitMs` for a first line. */
  read(query: LogQuery, principal: Principal, signal: AbortSignal): Promise<readonly LogLine[]>;
  readonly arrivals: Arrivals;
}

/** Makes the log service of this plugin. */
export function createLogService(ctx: PluginContext): LogService {
  const arrivals = new Arrivals();
  return {
    arrivals,
    async append(input, principal) {
      if (principal.organisation !== input.organisation) {
        throw new ContainrError({
          code: 'FORBIDDEN',
          status: 403,
          detail: 'Lines can only be written inside the own organisation.',
        });
      }
      await append(ctx.store.for(principal), input);
      arrivals.announce(input.service);
      if (input.deployment) arrivals.announce(input.deployment);
    },
    async read(query, principal, signal) {
      const organisation = organisationOf(principal);
      const until = ctx.clock.now().getTime() + query.waitMs;
      const topic = query.deployment ?? query.service ?? '';
      for (;;) {
        const left = until - ctx.clock.now().getTime();
        const arrival = new AbortController();
        // Waiting begins before reading: a line that comes in between still wakes.
        const next =
          left > 0
            ? arrivals.next(topic, Math.min(left, pollMs), AbortSignal.any([signal, arrival.signal]))
            : Promise.resolve();
        try {
          const lines = await readLines(ctx.store.for(principal), organisation, query);
          if (lines.length > 0 || left <= 0 || signal.aborted) return lines;
          await next;
        } finally {
          arrival.abort();
        }
      }
    },
  };
}

/** The organisation that a principal acts in. Throws `FORBIDDEN` when there is none. */
export function organisationOf(principal: Principal): string {
  if (principal.organisation !== null) return principal.organisation;
  throw new ContainrError({
    code: 'FORBIDDEN',
    status: 403,
    detail: 'Logs belong to an organisation, and none is named.',
    hint: 'Send the header Containr-Organisation.',
  });
}
