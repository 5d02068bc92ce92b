import { Cron } from 'croner';
import type { OneOffWindow, WeeklyWindow } from '../contract.ts';

/** When a window is open. Of `weekly` and `once` one is set. */
export interface Window {
  readonly weekly: WeeklyWindow | null;
  readonly once: OneOffWindow | null;
}

/** When a window that is open at a moment ends; `null` when it is not open then. Its first moment is in it, its end is not. */
export function openUntil({ weekly, once }: Window, at: Date): Date | null {
  if (once) {
    const until = new Date(once.until);
    return new Date(once.from) <= at && at < until ? until : null;
  }
  if (!weekly) return null;
  // Whole seconds, and one more: the moment itself counts as a begin before it.
  const [begun] = begins(weekly).previousRuns(1, new Date(Math.floor(at.getTime() / 1000) * 1000 + 1000));
  const until = begun && ends(weekly).nextRun(begun);
  return until && at < until ? until : null;
}

/** When a window opens next after a moment; `null` when never again. */
export function opensAfter({ weekly, once }: Window, at: Date): Date | null {
  if (once) return new Date(once.from) > at ? new Date(once.from) : null;
  return weekly ? begins(weekly).nextRun(at) : null;
}

/** Most windows in a row that an end is followed through: a year of days. */
const mostInARow = 366;

/** Windows that are open at a moment, and when none is open any more; `null` when none is open. */
export function frozenBy<W extends Window>(
  windows: readonly W[],
  at: Date,
): { readonly open: readonly W[]; readonly until: Date } | null {
  const open = windows.filter((window) => openUntil(window, at) !== null);
  if (open.length === 0) return null;
  let until = at;
  for (let count = 0; count < mostInARow; count++) {
    const ends = windows.flatMap((window) => openUntil(window, until)?.getTime() ?? []);
    if (ends.length === 0) break;
    until = new Date(Math.max(...ends));
  }
  return { open, until };
}

function begins({ weekdays, from, timeZone }: WeeklyWindow): Cron {
  return new Cron(`${minuteAndHour(from)} * * ${weekdays.join(',')}`, { timezone: timeZone, paused: true });
}

function ends({ until, timeZone }: WeeklyWindow): Cron {
  return new Cron(`${minuteAndHour(until)} * * *`, { timezone: timeZone, paused: true });
}

function minuteAndHour(time: string): string {
  const [hour = '0', minute = '0'] = time.split(':');
  return `${Number(minute)} ${Number(hour)}`;
}
