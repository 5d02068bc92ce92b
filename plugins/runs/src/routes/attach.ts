import type { StreamEvent } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import { requestCancel } from '../engine/cancel.ts';
import type { Runs } from '../engine/runs.ts';
import { actor, inMs, storeOf } from '../engine/runs.ts';
import { Run } from '../entities/run.entity.ts';
import { documentOf } from './document.ts';

const batchLines = 500;
const waitMs = 1000;
const leaseMs = 20_000;

/**
 * What a run writes, from its beginning, as events `lines`, and last its end as the event `ended`. Where the run belongs to this
 * connection, the run ends when the connection does.
 */
export async function* attach(
  runs: Runs,
  organisation: string,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  let after: string | null = null;
  let ended = false;
  try {
    while (!signal.aborted) {
      const run = await renew(runs, organisation, id);
      const query = { deployment: null, phase: null, search: null, since: null, until: null, limit: batchLines };
      const source = `run:${id}`;
      const { lines } = await runs.logs.read(
        { ...query, service: run.service, source, after, waitMs: run.endedAt === null ? waitMs : 0 },
        { ...actor(runs, organisation), signal },
      );
      after = lines.at(-1)?.cursor ?? after;
      if (lines.length > 0) yield { event: 'lines', data: { lines } };
      // Its lines come before its end, so none is left behind.
      if (run.endedAt === null || lines.length > 0) continue;
      ended = true;
      yield { event: 'ended', data: documentOf(run) };
      return;
    }
  } finally {
    if (!ended) await leave(runs, organisation, id);
  }
}

async function renew(runs: Runs, organisation: string, id: string): Promise<Run> {
  return storeOf(runs, organisation).transaction(async (unit) => {
    const run = await unit.em.findOne(Run, { id, organisation });
    if (!run) throw notFound('run');
    if (run.attached && run.endedAt === null) run.attachedUntil = inMs(runs, leaseMs);
    return run;
  });
}

async function leave(runs: Runs, organisation: string, id: string): Promise<void> {
  const run = await storeOf(runs, organisation).transaction((unit) => unit.em.findOne(Run, { id, organisation }));
  if (run?.attached && run.endedAt === null)
    await requestCancel(runs, organisation, id, 'The connection that it belonged to ended.');
}
