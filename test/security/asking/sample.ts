import type { Json } from './operations.ts';
import { isRecord } from './operations.ts';

/** What a field is called, from the operation's name on: `['POST /api/v1/services', 'body', 'spec', 'start']`. */
export type Path = readonly (string | number)[];

/** Gives a field its value where the schema alone can't know it: an id that exists, a host name. */
export type Known = (path: Path, schema: Json) => unknown;

/** A document that its schema accepts, as small as it can be; `keep` are fields that are filled in though they may be left out. */
export function sampleOf(schema: unknown, path: Path, known: Known, keep?: (path: Path) => boolean): unknown {
  if (!isRecord(schema)) return {};
  const given = known(path, schema);
  if (given !== undefined) return given;
  if ('const' in schema) return schema['const'];
  if ('default' in schema && !keep?.(path)) return structuredClone(schema['default']);
  const chosen = alternatives(schema);
  if (chosen.length > 0) {
    const wanted = keep ? chosen.find((one) => keepsBelow(one, path, keep)) : undefined;
    return sampleOf(wanted ?? chosen.find((one) => one['type'] !== 'null') ?? chosen[0], path, known, keep);
  }
  if (Array.isArray(schema['enum'])) return schema['enum'][0] as unknown;
  const { type } = schema;
  switch (Array.isArray(type) ? type.find((one) => one !== 'null') : type) {
    case 'string':
      return textOf(schema);
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1;
    case 'boolean':
      return false;
    case 'null':
      return null;
    case 'array': {
      const count = Math.max(Number(schema['minItems'] ?? 0), keep?.([...path, 0]) ? 1 : 0);
      return Array.from({ length: count }, (_, at) => sampleOf(schema['items'], [...path, at], known, keep));
    }
    default:
      return objectOf(schema, path, known, keep);
  }
}

/** Schemas of which a value has one. */
export function alternatives(schema: Json): readonly Json[] {
  const list = schema['anyOf'] ?? schema['oneOf'];
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function keepsBelow(schema: Json, path: Path, keep: (path: Path) => boolean): boolean {
  const properties = isRecord(schema['properties']) ? Object.keys(schema['properties']) : [];
  if (properties.some((name) => keep([...path, name]))) return true;
  if (schema['type'] === 'array') return keep([...path, 0]);
  return schema['type'] === 'string' && keep(path);
}

/** Of these one is enough where all may be left out: what a thing belongs to. */
const owners = new Set(['service', 'environment', 'project', 'deployment']);

function objectOf(schema: Json, path: Path, known: Known, keep?: (path: Path) => boolean): Record<string, unknown> {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const made: Record<string, unknown> = {};
  let owned = false;
  for (const [name, of] of Object.entries(properties)) {
    const at = [...path, name];
    let wanted = known(at, isRecord(of) ? of : {}) !== undefined;
    if (wanted && owners.has(name)) {
      wanted = !owned;
      owned = true;
    }
    if (required.includes(name) || wanted || keep?.(at)) made[name] = sampleOf(of, at, known, keep);
  }
  return made;
}

function textOf(schema: Json): string {
  switch (schema['format']) {
    case 'uuid':
      return '01900000-0000-7000-8000-00000000dead';
    case 'date-time':
      return '2030-01-01T00:00:00.000Z';
    case 'email':
      return 'someone@example.org';
  }
  const least = Number(schema['minLength'] ?? 0);
  for (const text of ['main', '/', 'main:read', '200', 'shop.example.org', 'https://example.org', 'a'.repeat(64), ''])
    if (text.length >= least && matches(schema, text)) return text;
  return 'text'.padEnd(least, 't');
}

/** Whether a text fits what the schema says of texts. */
export function matches(schema: Json, text: string): boolean {
  const { pattern, maxLength, minLength } = schema;
  if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(text)) return false;
  return text.length <= Number(maxLength ?? Infinity) && text.length >= Number(minLength ?? 0);
}
