import type { ServiceSpec } from '../../src/contract.ts';

/** What the form edits, in the units that people read. Empty texts and numbers mean "found out". */
export interface SpecFields {
  branch: string;
  rootDirectory: string;
  buildCommand: string;
  command: string;
  port: number | null;
  replicas: number | null;
  balance: string;
  cpu: number | null;
  memoryMiB: number | null;
  healthKind: string;
  healthPath: string;
  healthStatuses: string;
  /** One `name: value` a line. */
  healthHeaders: string;
  healthCommand: string;
  startSeconds: number | null;
  intervalSeconds: number | null;
  timeoutSeconds: number | null;
  retries: number | null;
  stayUpSeconds: number | null;
  restart: string;
  restartTries: number | null;
  stopSignal: string;
  graceSeconds: number | null;
  preDeploy: string;
  postDeploy: string;
  watchSeconds: number | null;
  cronSchedule: string;
  cronTimeZone: string;
  cronOverlap: string;
  cronMinutes: number | null;
}

const mebibyte = 1_048_576;

/** A command as one line; an argument array is shown with its words apart. */
function commandText(command: ServiceSpec['start']['command']): string {
  return command === null ? '' : typeof command === 'string' ? command : command.join(' ');
}

function headerText(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

/** Lines without a colon are a name without a value; the API says what is wrong with them. */
function headersOf(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...rest] = line.split(':');
      return [name.trim().toLowerCase(), rest.join(':').trim()];
    }),
  );
}

function milliseconds(otherwise: number): (value: number | null) => number {
  return (value) => Math.round((value ?? otherwise) * 1000);
}

/** The form's fields of a spec. */
export function fieldsOf(spec: ServiceSpec): SpecFields {
  return {
    branch: spec.source.branch,
    rootDirectory: spec.source.rootDirectory,
    buildCommand: spec.build.buildCommand ?? '',
    command: commandText(spec.start.command),
    port: spec.start.port,
    replicas: spec.replicas,
    balance: spec.balance,
    cpu: spec.resources.cpu,
    memoryMiB: Math.round(spec.resources.memoryBytes / mebibyte),
    healthKind: spec.health.kind,
    healthPath: spec.health.path,
    healthStatuses: spec.health.statuses,
    healthHeaders: headerText(spec.health.headers),
    healthCommand: commandText(spec.health.command),
    startSeconds: spec.health.startPeriodMs / 1000,
    intervalSeconds: spec.health.intervalMs / 1000,
    timeoutSeconds: spec.health.timeoutMs / 1000,
    retries: spec.health.retries,
    stayUpSeconds: spec.health.stayUpMs / 1000,
    restart: spec.restart,
    restartTries: spec.restartTries,
    stopSignal: spec.stop.signal,
    graceSeconds: spec.stop.graceMs / 1000,
    preDeploy: commandText(spec.preDeploy),
    postDeploy: commandText(spec.postDeploy),
    watchSeconds: spec.watchMs / 1000,
    cronSchedule: spec.cron.schedule ?? '',
    cronTimeZone: spec.cron.timeZone,
    cronOverlap: spec.cron.overlap,
    cronMinutes: spec.cron.timeoutMs / 60_000,
  };
}

type Value = string | number | null | Readonly<Record<string, string>>;
type Patch = { [section: string]: Patch | Value };

/** Where each field is in the spec, and how its value is written there. */
const places: {
  readonly [K in keyof SpecFields]: {
    readonly path: readonly string[];
    readonly write: (value: SpecFields[K]) => Value;
  };
} = {
  branch: { path: ['source', 'branch'], write: (value) => value.trim() },
  rootDirectory: { path: ['source', 'rootDirectory'], write: (value) => value.trim() || '.' },
  buildCommand: { path: ['build', 'buildCommand'], write: (value) => value.trim() || null },
  command: { path: ['start', 'command'], write: (value) => value.trim() || null },
  port: { path: ['start', 'port'], write: (value) => value },
  replicas: { path: ['replicas'], write: (value) => value ?? 1 },
  balance: { path: ['balance'], write: (value) => value },
  cpu: { path: ['resources', 'cpu'], write: (value) => value ?? 1 },
  memoryMiB: { path: ['resources', 'memoryBytes'], write: (value) => (value ?? 512) * mebibyte },
  healthKind: { path: ['health', 'kind'], write: (value) => value },
  healthPath: { path: ['health', 'path'], write: (value) => value.trim() || '/' },
  healthStatuses: { path: ['health', 'statuses'], write: (value) => value.replaceAll(' ', '') || '200-399' },
  healthHeaders: { path: ['health', 'headers'], write: headersOf },
  healthCommand: { path: ['health', 'command'], write: (value) => value.trim() || null },
  startSeconds: { path: ['health', 'startPeriodMs'], write: milliseconds(60) },
  intervalSeconds: { path: ['health', 'intervalMs'], write: milliseconds(0.5) },
  timeoutSeconds: { path: ['health', 'timeoutMs'], write: milliseconds(3) },
  retries: { path: ['health', 'retries'], write: (value) => value ?? 3 },
  stayUpSeconds: { path: ['health', 'stayUpMs'], write: milliseconds(3) },
  restart: { path: ['restart'], write: (value) => value },
  restartTries: { path: ['restartTries'], write: (value) => value },
  stopSignal: { path: ['stop', 'signal'], write: (value) => value },
  graceSeconds: { path: ['stop', 'graceMs'], write: milliseconds(10) },
  preDeploy: { path: ['preDeploy'], write: (value) => value.trim() || null },
  postDeploy: { path: ['postDeploy'], write: (value) => value.trim() || null },
  watchSeconds: { path: ['watchMs'], write: milliseconds(30) },
  cronSchedule: { path: ['cron', 'schedule'], write: (value) => value.trim() || null },
  cronTimeZone: { path: ['cron', 'timeZone'], write: (value) => value.trim() || 'UTC' },
  cronOverlap: { path: ['cron', 'overlap'], write: (value) => value },
  cronMinutes: { path: ['cron', 'timeoutMs'], write: (value) => Math.round((value ?? 60) * 60_000) },
};

/** The JSON merge patch between two states of the form, and how many fields it changes. */
export function changesOf(before: SpecFields, after: SpecFields): { count: number; patch: Patch } {
  const patch: Patch = {};
  let count = 0;
  function compare<K extends keyof SpecFields>(key: K): void {
    const { path, write } = places[key];
    const value = write(after[key]);
    const earlier = write(before[key]);
    if (JSON.stringify(value) === JSON.stringify(earlier)) return;
    count += 1;
    put(patch, path, isObject(value) && isObject(earlier) ? { ...withNulls(earlier), ...value } : value);
  }
  for (const key of Object.keys(places)) compare(key as keyof SpecFields);
  return { count, patch };
}

function isObject(value: Value): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null;
}

/** In a merge patch only `null` takes a name away. */
function withNulls(earlier: Readonly<Record<string, string>>): Patch {
  return Object.fromEntries(Object.keys(earlier).map((name) => [name, null]));
}

function put(patch: Patch, path: readonly string[], value: Patch | Value): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length === 0) {
    patch[first] = value;
    return;
  }
  const inner = patch[first];
  const section: Patch = typeof inner === 'object' && inner !== null ? { ...inner } : {};
  patch[first] = section;
  put(section, rest, value);
}
