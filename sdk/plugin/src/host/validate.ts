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
const plain = withFormats(new Ajv(options));
const coercing = withFormats(new Ajv({ ...options, coerceTypes: 'array' }));
const compiled = { plain: new WeakMap<object, ValidateFunction>(), coercing: new WeakMap<object, ValidateFunction>() };

function withFormats(ajv: Ajv): Ajv {
  formats.default(ajv);
  return ajv;
}

/** The compiled check of a schema, made once per schema object; `coercing` turns texts of a query into numbers and booleans. */
export function validatorOf(schema: JSONSchema, kind: 'plain' | 'coercing'): ValidateFunction {
  const ajv = kind === 'plain' ? plain : coercing;
  if (typeof schema === 'boolean') return ajv.compile(schema);
  let validate = compiled[kind].get(schema);
  if (!validate) {
    validate = ajv.compile(schema);
    compiled[kind].set(schema, validate);
  }
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
