import { CronPattern } from 'croner';

/** Whether a text is a cron line that can be followed. */
export function isCronLine(text: string): boolean {
  // Names like @daily and dates are more than a cron line.
  if (!/^\S+(\s+\S+){4,5}$/.test(text.trim())) return false;
  try {
    new CronPattern(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether this machine knows a time zone by its IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
