import { shortTime } from '@containr/ui-kit';
import type { FreezeDocument } from '../../src/contract.ts';

/** Days of the week, from Monday. */
export const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** When a window is open, in words: `Mon to Fri, 09:00 to 17:00, Europe/Berlin`. */
export function whenOpen({ weekly, once }: Pick<FreezeDocument, 'weekly' | 'once'>): string {
  if (once) return `${shortTime(once.from)} to ${shortTime(once.until)}`;
  if (!weekly) return '';
  const times = weekly.from === weekly.until ? `24 hours from ${weekly.from}` : `${weekly.from} to ${weekly.until}`;
  return `${daysInWords(weekly.weekdays)}, ${times}, ${weekly.timeZone}`;
}

function daysInWords(days: readonly number[]): string {
  const sorted = [...days].sort((a, b) => a - b);
  const [first = 1, last = 1] = [sorted[0], sorted.at(-1)];
  if (sorted.length === 7) return 'Every day';
  const name = (day: number) => weekdays[day - 1] ?? '';
  const inARow = sorted.length > 2 && last - first === sorted.length - 1;
  return inARow ? `${name(first)} to ${name(last)}` : sorted.map(name).join(', ');
}
