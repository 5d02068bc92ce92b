import build from 'fast-json-stringify';

type Serializer = (answer: unknown) => string;

const built = new WeakMap<object, Serializer>();

/**
 * Writes answers of a schema as JSON. Made at the first answer and once for each schema: most routes of an install are
 * asked rarely, and a serializer takes more time and memory than anything else of a route.
 */
export function serializerOf(schema: object): Serializer {
  let serialize = built.get(schema);
  return (answer) => {
    serialize ??= built.get(schema) ?? made(schema);
    return serialize(answer);
  };
}

function made(schema: object): Serializer {
  const serialize: Serializer = build(schema);
  built.set(schema, serialize);
  return serialize;
}
