import type { JSONSchema } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';

/**
 * The JSON merge patch of `key=value` texts: the schema says what each value is, dots lead into objects, an empty value
 * brings the default back. Throws `SETTING_UNKNOWN`, `SETTING_VALUE`.
 */
export function settingPatch(schema: JSONSchema, texts: readonly string[]): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw wrong('SETTING_VALUE', `"${text}" is not key=value.`, 'Write for example: port=3000');
    const keys = text.slice(0, at).split('.');
    const value = read(schemaAt(schema, keys), text.slice(at + 1), keys.join('.'));
    let place = patch;
    for (const key of keys.slice(0, -1)) place = (place[key] ??= {}) as Record<string, unknown>;
    place[keys.at(-1) ?? ''] = value;
  }
  return patch;
}

function schemaAt(schema: JSONSchema, keys: readonly string[]): Record<string, unknown> {
  let found = Object(schema) as Record<string, unknown>;
  for (const key of keys) {
    const properties = Object(found['properties']) as Record<string, unknown>;
    const free = found['additionalProperties'];
    if (!Object.hasOwn(properties, key) && typeof free === 'object' && key !== '__proto__') {
      found = Object(free) as Record<string, unknown>;
      continue;
    }
    if (!Object.hasOwn(properties, key)) {
      const known = Object.keys(properties).join(', ');
      throw wrong(
        'SETTING_UNKNOWN',
        `There is no setting "${keys.join('.')}".`,
        known ? `There are: ${known}.` : 'There are none.',
      );
    }
    found = Object(properties[key]) as Record<string, unknown>;
  }
  return found;
}

function typesOf(schema: Record<string, unknown>): readonly unknown[] {
  const alternatives = Array.isArray(schema['anyOf']) ? (schema['anyOf'] as Record<string, unknown>[]) : [];
  return [schema['type'], ...alternatives.flatMap(typesOf)].flat();
}

function read(schema: Record<string, unknown>, text: string, key: string): unknown {
  if (text === '') return null;
  const types = typesOf(schema);
  if (types.includes('string') || 'enum' in schema) return text;
  if (types.includes('array') && !text.startsWith('[')) return text.split(',').map((one) => one.trim());
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(
      'SETTING_VALUE',
      `${key} takes ${types.filter(Boolean).join(' or ')}, not "${text}".`,
      'Write it as JSON.',
    );
  }
}

function wrong(code: string, detail: string, hint: string): ContainrError {
  return new ContainrError({ code, status: 400, detail, hint });
}
