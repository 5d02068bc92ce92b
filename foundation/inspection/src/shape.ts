import type { JSONSchema } from '@containr/sdk';

/** How deep objects are spelled out; what lies deeper is `{ … }`. */
const deepest = 2;

/** A JSON Schema as a person reads a type: `{ service: string; replicas?: integer }`. */
export function shapeOf(schema: JSONSchema | undefined, depth = 0): string {
  if (typeof schema !== 'object') return schema === false ? 'never' : 'anything';
  const { type, enum: values, const: fixed } = schema;
  if (fixed !== undefined) return JSON.stringify(fixed);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ');
  for (const key of ['anyOf', 'oneOf'] as const) {
    const choices = schema[key];
    if (Array.isArray(choices)) return choices.map((one) => shapeOf(asSchema(one), depth)).join(' | ');
  }
  if (Array.isArray(type)) return type.map((one) => shapeOf({ ...schema, type: String(one) }, depth)).join(' | ');
  if (type === 'array') {
    const item = shapeOf(asSchema(schema['items']), depth);
    return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
  }
  if (type === 'object' || schema['properties'] !== undefined) return objectShape(schema, depth);
  return typeof type === 'string' ? type : 'anything';
}

function objectShape(schema: Readonly<Record<string, unknown>>, depth: number): string {
  const properties = Object.entries(Object(schema['properties'] ?? {}) as Record<string, unknown>);
  const required: unknown = schema['required'];
  const rest = schema['additionalProperties'];
  if (properties.length === 0) {
    if (typeof rest === 'object') return `{ [name]: ${shapeOf(asSchema(rest), depth + 1)} }`;
    return rest === false ? '{}' : 'object';
  }
  if (depth >= deepest) return '{ … }';
  const fields = properties.map(([name, property]) => {
    const optional = Array.isArray(required) && required.includes(name) ? '' : '?';
    return `${name}${optional}: ${shapeOf(asSchema(property), depth + 1)}`;
  });
  return `{ ${fields.join('; ')} }`;
}

function asSchema(value: unknown): JSONSchema {
  return typeof value === 'object' && value !== null ? (value as JSONSchema) : value !== false;
}
