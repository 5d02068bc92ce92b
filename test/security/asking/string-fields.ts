import type { Json, Operation } from './operations.ts';
import { isRecord } from './operations.ts';
import type { Path } from './sample.ts';
import { alternatives } from './sample.ts';

/** A place of an operation where a text may stand. */
export interface StringField {
  readonly operation: Operation;
  readonly in: 'path' | 'query' | 'body';
  /** Inside the body, or the name of the parameter. */
  readonly path: Path;
  /** `key`: the text is the name of a member. */
  readonly what: 'value' | 'key';
  readonly schema: Json;
  /** `PATCH /api/v1/settings/{plugin} body /hosts/0`. */
  readonly label: string;
}

const deepest = 8;

/** Every text that an operation takes: parameters, members at any depth, items, and the names of free members. */
export function stringFieldsOf(operation: Operation): readonly StringField[] {
  const found: StringField[] = [];
  const add = (where: StringField['in'], path: Path, what: StringField['what'], schema: Json): void => {
    const label = `${operation.name} ${where} /${path.join('/')}${what === 'key' ? '/{key}' : ''}`;
    if (!found.some((one) => one.label === label)) found.push({ operation, in: where, path, what, schema, label });
  };
  for (const { name, in: where, schema } of operation.parameters) add(where, [name], 'value', schema);
  if (operation.body) walk(operation.body, [], add.bind(null, 'body'));
  return found;
}

/** The same of one schema, as the body of an operation. */
export function stringFieldsIn(operation: Operation, schema: Json, under: Path = []): readonly StringField[] {
  const found: StringField[] = [];
  walk(schema, under, (path, what, of) =>
    found.push({
      operation,
      in: 'body',
      path,
      what,
      schema: of,
      label: `${operation.name} body /${path.join('/')}${what === 'key' ? '/{key}' : ''}`,
    }),
  );
  return found;
}

function walk(schema: unknown, path: Path, add: (path: Path, what: StringField['what'], schema: Json) => void): void {
  if (!isRecord(schema) || path.length > deepest) return;
  for (const one of alternatives(schema)) walk(one, path, add);
  const types = [schema['type']].flat();
  if (types.includes('string') || 'enum' in schema || (Object.keys(schema).length === 0 && path.length > 0))
    add(path, 'value', schema);
  if (isRecord(schema['properties']))
    for (const [name, of] of Object.entries(schema['properties'])) walk(of, [...path, name], add);
  const free = schema['additionalProperties'];
  const open = isRecord(free) || free === true;
  if (open) {
    add(path, 'key', isRecord(schema['propertyNames']) ? schema['propertyNames'] : {});
    walk(free === true ? { type: 'string' } : free, [...path, 'anything'], add);
  }
  if (isRecord(schema['items'])) walk(schema['items'], [...path, 0], add);
}

/** Puts a text into its place of a document; what is missing on the way is made. */
export function place(document: unknown, { path, what }: Pick<StringField, 'path' | 'what'>, text: string): unknown {
  const root: Record<string, unknown> = { root: document };
  let at: Record<string, unknown> | unknown[] = root;
  let key: string | number = 'root';
  for (const next of what === 'key' ? [...path, text] : path) {
    const here: unknown = Reflect.get(at, key);
    const child = isRecord(here) || Array.isArray(here) ? here : typeof next === 'number' ? [] : {};
    define(at, key, child);
    at = child as Record<string, unknown> | unknown[];
    key = next;
  }
  define(at, key, what === 'key' ? 'x' : text);
  return root['root'];
}

/** A plain assignment to `__proto__` would not make a member. */
function define(object: object, key: string | number, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}
