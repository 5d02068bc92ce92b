import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../specs/merge-patch.ts';
import { isObject } from '../specs/merge-patch.ts';

/** The JSON merge patch that makes `to` of `from`; `null` when they are the same. */
export function patchBetween(from: JsonObject, to: JsonObject): Record<string, unknown> | null {
  const patch: [string, unknown][] = [];
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [before, after] = [from[name] ?? null, to[name] ?? null];
    if (isDeepStrictEqual(before, after)) continue;
    patch.push([name, isObject(before) && isObject(after) ? patchBetween(before, after) : after]);
  }
  return patch.length === 0 ? null : Object.fromEntries(patch);
}
