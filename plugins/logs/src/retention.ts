import type { JobRun, PluginContext } from '@containr/sdk';
import { defineJob, Empty } from '@containr/sdk';
import { query } from './query.ts';

/** Deletes what is too old or too much. */
export const Retain = defineJob({
  name: 'line.retain',
  input: Empty,
  summary: 'Deletes log lines that are too old or too many',
});

/** What is kept of each service. */
export interface Retention {
  readonly days: number;
  readonly megabytesPerService: number;
}

/** Deletes lines older than the kept days, then the oldest of each service beyond its share; in steps, so that locks stay short. */
export async function retain(
  ctx: PluginContext,
  keep: Retention,
  run: Pick<JobRun<unknown>, 'signal'>,
): Promise<number> {
  const store = ctx.store.system('log retention looks at every service');
  const before = new Date(ctx.clock.now().getTime() - keep.days * 86_400_000);
  let deleted = 0;
  for (let step = 1; step > 0 && !run.signal.aborted; deleted += step) {
    step = await store.transaction(async (unit) => {
      const rows = await query(
        unit,
        `delete from plugin_logs.lines where cursor in (select cursor from plugin_logs.lines where at < ? order by cursor limit 10000) returning cursor`,
        [before],
      );
      return rows.length;
    });
  }
  const bytes = keep.megabytesPerService * 1_048_576;
  const services = await store.transaction((unit) =>
    query<{ service: string; first: string }>(
      unit,
      `select service, max(cursor)::text as first from (
         select service, cursor, sum(length(text) + 100) over (partition by service order by cursor desc) as size from plugin_logs.lines
       ) sized where size > ? group by service`,
      [bytes],
    ),
  );
  for (const { service, first } of services) {
    if (run.signal.aborted) break;
    deleted += await store.transaction(
      async (unit) =>
        (
          await query(
            unit,
            'delete from plugin_logs.lines where service = ? and cursor <= ?::bigint returning cursor',
            [service, first],
          )
        ).length,
    );
  }
  return deleted;
}
