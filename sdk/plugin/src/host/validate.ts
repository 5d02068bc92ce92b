import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { ContainrError } from '../errors.ts';
import type { FieldError } from '../errors.ts';
import type { JSONSchema } from '../schema.ts';

const options = {
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allErrors: true,
  useDefaults: true,
  allowUnionTypes: true,
} as const;
const compilers = {
  plain: withFormats(new Ajv(options)),
  coercing: withFormats(new Ajv({ ...options, coerceTypes: 'array' })),
};
const byObject = { plain: new WeakMap<object, ValidateFunction>(), coercing: new WeakMap<object, ValidateFunction>() };
// Ajv keeps all that it ever compiled. A plugin that makes its schemas in `setup` brings new objects each time it is set up,
// so the same text has to find the same check, or every toggle would stay in memory.
const byText = { plain: new Map<string, ValidateFunction>(), coercing: new Map<string, ValidateFunction>() };

function withFormats(ajv: Ajv): Ajv {
  formats.default(ajv);
  // What `new URL` would throw on is refused where it comes in.
  ajv.addFormat('http-url', (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol));
  return ajv;
}

/** The compiled check of a schema, made once for all schemas of the same text; `coercing` turns texts of a query into numbers and booleans. */
export function validatorOf(schema: JSONSchema, kind: 'plain' | 'coercing'): ValidateFunction {
  const known = typeof schema === 'object' ? byObject[kind].get(schema) : undefined;
  if (known) return known;
  const text = JSON.stringify(schema);
  const validate = byText[kind].get(text) ?? compilers[kind].compile(schema);
  byText[kind].set(text, validate);
  if (typeof schema === 'object') byObject[kind].set(schema, validate);
  return validate;
}

/** What a failed check found, in a form that a person reads. */
export function fieldErrors(errors: readonly ErrorObject[]): FieldError[] {
  return errors.slice(0, 20).map((error) => ({
    path:
      error.keyword === 'additionalProperties'
        ? `${error.instancePath}/${String(error.params['additionalProperty'])}`
        : error.instancePath || '/',
    message: error.keyword === 'additionalProperties' ? 'is not a known field' : (error.message ?? 'is not valid'),
  }));
}

/**
 * Checks data from outside against its schema and gives it the schema's type; fills defaults in place.
 * Throws `INVALID` (422) that names each wrong field. `coerce` turns texts of a query into numbers and booleans.
 */
export function validate<T>(schema: JSONSchema, value: unknown, what: string, mode: { coerce?: boolean } = {}): T {
  const check = validatorOf(schema, mode.coerce ? 'coercing' : 'plain');
  if (check(value)) return value as T;
  throw new ContainrError({
    code: 'INVALID',
    status: 422,
    detail: `${what} is not as its schema says: ${fieldErrors(check.errors ?? [])
      .map((error) => `${error.path} ${error.message}`)
      .join('; ')}.`,
    hint: 'Correct the named fields and send it again.',
    errors: fieldErrors(check.errors ?? []),
  });
}
