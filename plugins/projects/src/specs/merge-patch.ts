/** Any JSON value that is an object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object (and no array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON merge patch (RFC 7396): objects merge, `null` takes a field away, everything else replaces. Neither side is changed. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/** Fills what is missing from `defaults`, at every depth. */
export function fillFrom<T>(defaults: T, value: unknown): T;
export function fillFrom(defaults: unknown, value: unknown): unknown {
  if (value === undefined) return defaults;
  if (!isObject(defaults) || !isObject(value)) return value;
  const names = new Set([...Object.keys(defaults), ...Object.keys(value)]);
  return Object.fromEntries([...names].map((name) => [name, fillFrom(own(defaults, name), own(value, name))]));
}

function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
