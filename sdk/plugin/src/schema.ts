import type { FromSchema, JSONSchema as FullJSONSchema } from 'json-schema-to-ts';

/**
 * A JSON Schema (draft 7 vocabulary), kept literal so that its type can be inferred. Typed loosely here: comparing nested
 * literals with the full recursive type costs the compiler minutes; the kernel compiles every schema in strict mode instead.
 */
export type JSONSchema = boolean | { readonly [keyword: string]: unknown };

/** The TypeScript type of what a schema accepts; `unknown` for a schema that is not literal (the compiler would not end). */
export type Infer<S extends JSONSchema> = string extends keyof S
  ? unknown
  : S extends FullJSONSchema
    ? FromSchema<S>
    : never;

/**
 * Keeps a JSON Schema literal, so that `Infer<typeof schema>` is exact.
 *
 * @example const Ping = defineSchema({ type: 'object', properties: { text: { type: 'string' } }, required: ['text'], additionalProperties: false });
 */
export function defineSchema<const S extends JSONSchema>(schema: S): S {
  return schema;
}

/** UUID in any version, lower case. */
export const Id = defineSchema({ type: 'string', format: 'uuid' });

/** A name for people and URLs, unique in its parent. */
export const Slug = defineSchema({
  type: 'string',
  pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$',
  minLength: 1,
  maxLength: 40,
});

/** RFC 3339 in UTC. */
export const Timestamp = defineSchema({ type: 'string', format: 'date-time' });

/** `null` or an RFC 3339 time. */
export const OptionalTimestamp = defineSchema({ anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] });

/** Nothing: an empty object. */
export const Empty = defineSchema({ type: 'object', properties: {}, additionalProperties: false });

/** Query of every list route; spread its properties into the route's own query schema. */
export const listQuery = {
  limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
  cursor: { type: 'string', maxLength: 400 },
  search: { type: 'string', maxLength: 200 },
  sort: { type: 'string', maxLength: 60, pattern: '^-?[a-zA-Z]+$' },
} as const;

/** The answer of every list route: one page of summaries. */
export function pageOf<const S extends JSONSchema>(item: S) {
  return {
    type: 'object',
    properties: {
      items: { type: 'array', items: item },
      nextCursor: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    },
    required: ['items', 'nextCursor'],
    additionalProperties: false,
  } as const;
}
