import { Run } from '../entities/run.entity.ts';
import type { Runs } from './runs.ts';
import { storeOf, wake } from './runs.ts';

/** Asks for a run to end, with the reason that it will keep. Returns whether it had not ended yet; `null`: there is none. */
export async function requestCancel(
  runs: Runs,
  organisation: string,
  id: string,
  reason: string,
): Promise<boolean | null> {
  return storeOf(runs, organisation).transaction(async (unit) => {
    const run = await unit.em.findOne(Run, { id, organisation });
    if (!run) return null;
    if (run.endedAt !== null) return false;
    run.cancelReason ??= reason;
    await wake(unit, run);
    return true;
  });
}
