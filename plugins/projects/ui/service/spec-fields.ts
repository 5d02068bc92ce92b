import type { ServiceSpec } from '../../src/contract.ts';

/** What the form edits, in the units that people read. Empty texts and numbers mean "found out". */
export interface SpecFields {
  branch: string;
  rootDirectory: string;
  buildCommand: string;
  command: string;
  port: number | null;
  replicas: number | null;
  cpu: number | null;
  memoryMiB: number | null;
  healthKind: string;
  healthPath: string;
  startSeconds: number | null;
}

const mebibyte = 1_048_576;

/** A command as one line; an argument array is shown with its words apart. */
function commandText(command: ServiceSpec['start']['command']): string {
  return command === null ? '' : typeof command === 'string' ? command : command.join(' ');
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
    cpu: spec.resources.cpu,
    memoryMiB: Math.round(spec.resources.memoryBytes / mebibyte),
    healthKind: spec.health.kind,
    healthPath: spec.health.path,
    startSeconds: Math.round(spec.health.startPeriodMs / 1000),
  };
}

type Patch = { [section: string]: Patch | string | number | null };

/** Where each field is in the spec, and how its value is written there. */
const places: {
  readonly [K in keyof SpecFields]: {
    readonly path: readonly string[];
    readonly write: (value: SpecFields[K]) => string | number | null;
  };
} = {
  branch: { path: ['source', 'branch'], write: (value) => value.trim() },
  rootDirectory: { path: ['source', 'rootDirectory'], write: (value) => value.trim() || '.' },
  buildCommand: { path: ['build', 'buildCommand'], write: (value) => value.trim() || null },
  command: { path: ['start', 'command'], write: (value) => value.trim() || null },
  port: { path: ['start', 'port'], write: (value) => value },
  replicas: { path: ['replicas'], write: (value) => value ?? 1 },
  cpu: { path: ['resources', 'cpu'], write: (value) => value ?? 1 },
  memoryMiB: { path: ['resources', 'memoryBytes'], write: (value) => (value ?? 512) * mebibyte },
  healthKind: { path: ['health', 'kind'], write: (value) => value },
  healthPath: { path: ['health', 'path'], write: (value) => value.trim() || '/' },
  startSeconds: { path: ['health', 'startPeriodMs'], write: (value) => (value ?? 60) * 1000 },
};

/** The JSON merge patch between two states of the form, and how many fields it changes. */
export function changesOf(before: SpecFields, after: SpecFields): { count: number; patch: Patch } {
  const patch: Patch = {};
  let count = 0;
  function compare<K extends keyof SpecFields>(key: K): void {
    const { path, write } = places[key];
    const value = write(after[key]);
    if (value === write(before[key])) return;
    count += 1;
    put(patch, path, value);
  }
  for (const key of Object.keys(places)) compare(key as keyof SpecFields);
  return { count, patch };
}

function put(patch: Patch, path: readonly string[], value: string | number | null): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length === 0) {
    patch[first] = value;
    return;
  }
  const inner = patch[first];
  const section: Patch = typeof inner === 'object' && inner !== null ? inner : {};
  patch[first] = section;
  put(section, rest, value);
}
