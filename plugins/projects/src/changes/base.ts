import { isDeepStrictEqual } from 'node:util';
import type { ServiceSpec } from '../contract.ts';
import type { Variable } from '../entities/variable.entity.ts';
import { isObject } from '../specs/merge-patch.ts';

/** A field of a spec: where it is, and what is there. */
export interface SpecField {
  readonly path: string;
  readonly value: unknown;
}

/** What a change of a variable was made from: the variable as it was, or that there was none. */
export function variableBase(row: Variable | undefined): unknown {
  return row ? { id: row.id, at: row.updatedAt.toISOString() } : null;
}

/** What a change of a spec was made from: the fields that it touches, as they were. */
export function specBase(spec: ServiceSpec, patch: unknown): readonly SpecField[] {
  return leavesOf(patch).map((path) => ({ path, value: at(spec, path) }));
}

/** Whether what a change was made from is another by now. */
export function movedOn(base: unknown, now: unknown): boolean {
  return !isDeepStrictEqual(base, JSON.parse(JSON.stringify(now)));
}

/** Paths of what a merge patch sets or takes away, sorted: the database keeps the names of an object in an order of its own. */
export function leavesOf(patch: unknown): string[] {
  const under = (value: unknown, above: string): string[] =>
    isObject(value) ? Object.entries(value).flatMap(([name, one]) => under(one, `${above}/${name}`)) : [above];
  return under(patch, '').sort();
}

/** What is at a path of a document; `null` when nothing is. */
export function at(document: unknown, path: string): unknown {
  const found = path
    .split('/')
    .slice(1)
    .reduce<unknown>((value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : null), document);
  return found ?? null;
}

/** Two merge patches as one, for a document that gets `first` and then `second`. */
export function composePatches(first: unknown, second: unknown): unknown {
  if (!isObject(first) || !isObject(second)) return second;
  const names = new Set([...Object.keys(first), ...Object.keys(second)]);
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      Object.hasOwn(second, name)
        ? Object.hasOwn(first, name)
          ? composePatches(first[name], second[name])
          : second[name]
        : first[name],
    ]),
  );
}
