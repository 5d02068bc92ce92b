import { Cron } from 'croner';

/**
 * The first time after `after` that a cron line names in a time zone; `null` when there is none any more. A time of day that the
 * clocks leave out comes right after the gap, one that they show twice comes once.
 */
export function nextTime(schedule: string, timeZone: string, after: Date): Date | null {
  return new Cron(schedule, { timezone: timeZone, paused: true }).nextRun(after);
}
