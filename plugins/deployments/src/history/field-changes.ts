import { isDeepStrictEqual } from 'node:util';

/** One field that differs, by JSON pointer. What is not there is `null`. */
export interface FieldChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

const longestText = 2000;

/** What differs between two documents, field by field; lists are fields as a whole. Pure. */
export function fieldChanges(before: unknown, after: unknown, path = ''): FieldChange[] {
  if (isDeepStrictEqual(before ?? null, after ?? null)) return [];
  if (isRecord(before) && isRecord(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((name) =>
        fieldChanges(before[name], after[name], `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
      );
  }
  return [{ path: path === '' ? '/' : path, before: shown(before), after: shown(after) }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): unknown {
  if (typeof value === 'string' && value.length > longestText) return `${value.slice(0, longestText)} …`;
  return value ?? null;
}
