import type { StatusName } from '@containr/ui-kit';
import { duration } from '@containr/ui-kit';
import type { RunDocument } from '../src/contract.ts';

const shown: Readonly<Record<RunDocument['status'], { readonly name: StatusName; readonly word: string }>> = {
  waiting: { name: 'queued', word: 'Waiting' },
  running: { name: 'running', word: 'Running' },
  succeeded: { name: 'live', word: 'Succeeded' },
  failed: { name: 'failed', word: 'Failed' },
  'timed-out': { name: 'failed', word: 'Timed out' },
  cancelled: { name: 'cancelled', word: 'Cancelled' },
  skipped: { name: 'superseded', word: 'Left out' },
  lost: { name: 'unknown', word: 'Lost' },
};

/** Shape and word of a run's status. */
export function runStatus(run: RunDocument): { readonly name: StatusName; readonly word: string } {
  return shown[run.status];
}

/** How long it took, or takes; `null` before it began. */
export function took(run: RunDocument, now: number): string | null {
  if (run.durationMs !== null) return duration(run.durationMs);
  return run.startedAt !== null && run.endedAt === null
    ? duration(Math.max(0, now - new Date(run.startedAt).getTime()))
    : null;
}

/** What it runs, in one line. */
export function commandText(run: RunDocument): string {
  if (run.command === null) return 'start command';
  return typeof run.command === 'string' ? run.command : run.command.join(' ');
}
