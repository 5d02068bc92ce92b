/** A JSON Schema of the few keywords that messages need: a browser page under a strict policy can't compile schemas. */
export type MessageSchema = Readonly<Record<string, unknown>>;

type Check = (wanted: never, value: unknown, schema: MessageSchema) => boolean;

const checks: Readonly<Record<string, Check>> = {
  type: (wanted: string, value) => (wanted === 'integer' ? Number.isInteger(value) : typeOf(value) === wanted),
  enum: (wanted: readonly unknown[], value) => wanted.includes(value),
  anyOf: (wanted: readonly MessageSchema[], value) => wanted.some((schema) => matches(schema, value)),
  maxLength: (wanted: number, value) => typeof value !== 'string' || [...value].length <= wanted,
  pattern: (wanted: string, value) => typeof value !== 'string' || new RegExp(wanted, 'u').test(value),
  minimum: (wanted: number, value) => typeof value !== 'number' || value >= wanted,
  maximum: (wanted: number, value) => typeof value !== 'number' || value <= wanted,
  maxItems: (wanted: number, value) => !Array.isArray(value) || value.length <= wanted,
  items: (wanted: MessageSchema, value) => !Array.isArray(value) || value.every((item) => matches(wanted, item)),
  required: (wanted: readonly string[], value) =>
    !isRecord(value) || wanted.every((name) => Object.hasOwn(value, name)),
  properties: (wanted: Readonly<Record<string, MessageSchema>>, value) =>
    !isRecord(value) ||
    Object.entries(wanted).every(([name, schema]) => !Object.hasOwn(value, name) || matches(schema, value[name])),
  additionalProperties: (wanted: MessageSchema | false, value, schema) =>
    !isRecord(value) ||
    Object.keys(value).every(
      (name) =>
        Object.hasOwn((schema['properties'] as object | undefined) ?? {}, name) ||
        (wanted !== false && matches(wanted, value[name])),
    ),
};

/** Whether a value is what a schema says. Throws for a keyword that it does not know, so that no bound is overlooked. */
export function matches(schema: MessageSchema, value: unknown): boolean {
  return Object.entries(schema).every(([keyword, wanted]) => {
    const check = checks[keyword];
    if (!check) throw new Error(`The keyword "${keyword}" is not checked here.`);
    return check(wanted as never, value, schema);
  });
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeOf(value) === 'object';
}
