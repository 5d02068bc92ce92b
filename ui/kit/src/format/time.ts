const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clockSeconds = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

/** `14:21` today, `yesterday 17:44`, then, before and after, `2 Jun, 09:04`; of another year the day alone. */
export function shortTime(at: string | Date, now = new Date()): string {
  const date = new Date(at);
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  if (date.getTime() >= midnight && date < tomorrow) return clock.format(date);
  if (date.getTime() >= midnight - 86_400_000 && date < tomorrow) return `yesterday ${clock.format(date)}`;
  return date.getFullYear() === now.getFullYear() ? `${day.format(date)}, ${clock.format(date)}` : dayYear.format(date);
}

/** `14:21:40`. */
export function secondsTime(at: string | Date): string {
  return clockSeconds.format(new Date(at));
}

/** Exact local time and UTC, for the title of a short one. */
export function exactTime(at: string | Date): string {
  const date = new Date(at);
  return `${date.toLocaleString()} (${date.toISOString()})`;
}

/** `3 s ago`, `4 min ago`, `2 h ago`, `38 days ago`; `now` under a second. */
export function ago(at: string | Date, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1000));
  if (seconds < 1) return 'now';
  if (seconds < 60) return `${seconds}\u2009s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}\u2009min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}\u2009h ago`;
  const days = Math.floor(seconds / 86_400);
  return `${days} ${days === 1 ? 'day' : 'days'} ago`;
}

/** `0.4 s`, `48.6 s`, `1:56`, `1:02:10`. */
export function duration(ms: number): string {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}\u2009s`;
  const seconds = Math.round(ms / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
