import type { UnitOfWork } from '@containr/sdk';
import type { RunDocument, ScheduleDocument } from '../contract.ts';
import { Run } from '../entities/run.entity.ts';
import type { Runs } from './runs.ts';
import { announce, inMs, wake } from './runs.ts';

/** How long a run waits for the connection that it belongs to. */
const attachWithinMs = 30_000;

/** What is to be run. */
export interface NewRun {
  readonly organisation: string;
  readonly project: string;
  readonly environment: string;
  readonly service: string;
  readonly trigger: RunDocument['trigger'];
  readonly command: RunDocument['command'];
  readonly timeoutMs: number;
  readonly attached: boolean;
  readonly createdBy: string;
  readonly scheduledFor: Date | null;
  readonly overlap: ScheduleDocument['overlap'];
}

/** Writes a run down and starts its way, in one transaction. */
export async function createRun(runs: Runs, unit: UnitOfWork, wanted: NewRun): Promise<Run> {
  const run = unit.em.create(
    Run,
    {
      ...wanted,
      id: runs.ctx.random.id(),
      deployment: null,
      deploymentNumber: null,
      status: 'waiting',
      exitCode: null,
      reason: null,
      node: null,
      runtime: null,
      attachedUntil: wanted.attached ? inMs(runs, attachWithinMs) : null,
      cancelReason: null,
      createdAt: runs.ctx.clock.now(),
      startedAt: null,
      endedAt: null,
    },
    { persist: true },
  );
  await unit.em.flush();
  announce(unit, run);
  await wake(unit, run);
  return run;
}
