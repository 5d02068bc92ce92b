import type { StatusName } from '@containr/ui-kit';

/** A row of the audit log as the API shows it. */
export interface AuditRow {
  readonly position: number;
  readonly at: string;
  readonly principal: { readonly kind: string; readonly id: string; readonly name: string; readonly via: string };
  readonly action: string;
  readonly plugin: string;
  readonly targets: Readonly<Record<string, string>>;
  readonly status: number | null;
  readonly requestId: string | null;
  readonly address: string | null;
}

/** What a check of the whole log found. */
export interface AuditVerdict {
  readonly ok: boolean;
  readonly checked: number;
  readonly broken: { readonly position: number; readonly reason: string } | null;
}

const faults: Readonly<Record<string, string>> = {
  changed: 'was changed after it was written',
  missing: 'is missing',
  reordered: 'stands in another place than where it was written',
  truncated: 'and all after it were cut off',
  added: 'was added behind the end of the log',
  head: 'is where the log seems to end, but this install did not sign that end',
};

/** The broken row and what is wrong with it, in a sentence. */
export function faultSentence(broken: { readonly position: number; readonly reason: string }): string {
  return `Row ${broken.position} ${faults[broken.reason] ?? broken.reason}.`;
}

/** How it ended: what was refused is told from what could not be done. */
export function outcome(status: number | null): { name: StatusName; word: string; note: string | null } {
  const note = status === null ? null : String(status);
  if (status === null || status < 400) return { name: 'live', word: 'Done', note };
  if (status === 401 || status === 403) return { name: 'cancelled', word: 'Refused', note };
  if (status < 500) return { name: 'warning', word: 'Not accepted', note };
  return { name: 'failed', word: 'Failed', note };
}

const kinds: Readonly<Record<string, string>> = {
  user: 'signed in',
  token: 'API token',
  agent: 'agent',
  plugin: 'plugin',
  system: 'the platform itself',
  console: 'console of this machine',
  anonymous: 'not signed in',
};

/** Who acted: a name, and in which way. */
export function actor(row: AuditRow): { name: string; way: string } {
  const { kind, name } = row.principal;
  return { name: kind === 'anonymous' ? 'Nobody' : name, way: kinds[kind] ?? kind };
}

/** Periods that the list can be narrowed to; hours, `null` for all. */
export const periods = [
  { value: 'all', label: 'All time', hours: null },
  { value: 'hour', label: 'Last hour', hours: 1 },
  { value: 'day', label: 'Last day', hours: 24 },
  { value: 'week', label: 'Last 7 days', hours: 168 },
] as const;
