import { LockMode } from '@mikro-orm/core';
import type { UnitOfWork } from '@containr/sdk';
import { Run } from '../entities/run.entity.ts';
import { Schedule } from '../entities/schedule.entity.ts';
import { createRun } from '../engine/create.ts';
import { end } from '../engine/end.ts';
import type { Runs } from '../engine/runs.ts';
import { isUnderWay, storeOf } from '../engine/runs.ts';
import { nextTime } from './next-time.ts';

/** A time that was missed by more than this is not made up for. */
const latestMs = 600_000;

/** Makes the runs whose time has come. Several control planes may do so at once: a row is locked, and a firing is unique. */
export async function fireDue(runs: Runs): Promise<void> {
  const due = await runs.ctx.store
    .system('schedules of all organisations come due')
    .transaction((unit) => unit.em.find(Schedule, { nextAt: { $lte: runs.ctx.clock.now() } }));
  for (const { service, organisation } of due)
    await storeOf(runs, organisation).transaction((unit) => fire(runs, unit, service));
}

async function fire(runs: Runs, unit: UnitOfWork, service: string): Promise<void> {
  const row = await unit.em.findOne(Schedule, { service }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  const now = runs.ctx.clock.now();
  if (!row?.nextAt || row.nextAt > now) return;
  const scheduledFor = row.nextAt;
  row.nextAt = nextTime(row.schedule, row.timeZone, now);
  if ((await unit.em.count(Run, { service, scheduledFor })) > 0) return;
  const open = await unit.em.find(Run, { service, trigger: 'schedule', endedAt: null });
  const run = await createRun(runs, unit, {
    organisation: row.organisation,
    project: row.project,
    environment: row.environment,
    service,
    trigger: 'schedule',
    command: null,
    timeoutMs: row.timeoutMs,
    attached: false,
    createdBy: 'schedule',
    scheduledFor,
    overlap: row.overlap,
  });
  const reason = whyLeftOut(row.overlap, open, now.getTime() - scheduledFor.getTime());
  if (reason !== null) await end(runs, unit, run, { status: 'skipped', reason });
}

/** Why a firing makes no run; `null`: it does. */
export function whyLeftOut(overlap: Schedule['overlap'], open: readonly Run[], lateMs: number): string | null {
  if (lateMs > latestMs)
    return `Its time was missed by ${Math.round(lateMs / 60_000)} minutes: Containr was not running.`;
  if (overlap === 'skip' && open.length > 0) return 'The run before still goes on.';
  if (overlap === 'queue' && open.some((one) => !isUnderWay(one)))
    return 'The run before still goes on, and another one waits already.';
  return null;
}
