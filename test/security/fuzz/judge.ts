import { validatorOf } from '@containr/sdk/host';
import type { Got } from '../asking/asker.ts';
import type { Operation } from '../asking/operations.ts';

const problem = {
  type: 'object',
  properties: {
    type: { type: 'string', pattern: '^urn:containr:error:[A-Z][A-Z0-9_]*$' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', minLength: 1 },
    code: { type: 'string', pattern: '^[A-Z][A-Z0-9_]*$' },
    hint: { type: ['string', 'null'] },
    errors: { type: 'array' },
    requestId: { type: 'string', pattern: '^[A-Za-z0-9._-]{8,128}$' },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'hint', 'errors', 'requestId'],
  additionalProperties: false,
};

/** What is wrong with an answer, whatever was asked; `null`: nothing. */
export function wrongAnswer(operation: Pick<Operation, 'kind' | 'answer'>, got: Got): string | null {
  const type = String(got.headers['content-type'] ?? '');
  if (got.headers['set-cookie']?.includes('a=b')) return 'a header was injected';
  if (got.status >= 500) return `it is ${got.status}: ${got.text.slice(0, 300)}`;
  if (got.status >= 400) {
    // Node's own parser refused the request line or the headers.
    if (got.text === '' && [400, 431].includes(got.status)) return null;
    if (!type.startsWith('application/problem+json')) {
      // A git client is told in its own words.
      return type.startsWith('text/plain') ? null : `${got.status} is no problem document: ${got.text.slice(0, 200)}`;
    }
    const check = validatorOf(problem, 'plain');
    return check(JSON.parse(got.text))
      ? null
      : `the problem is not as its schema says: ${JSON.stringify(check.errors)}`;
  }
  if (operation.kind !== 'json' || got.status === 204 || operation.answer === null) return null;
  if (!type.startsWith('application/json')) return `it is ${type}, not JSON`;
  const check = validatorOf(operation.answer, 'plain');
  return check(JSON.parse(got.text))
    ? null
    : `the answer is not as its schema says: ${JSON.stringify(check.errors?.[0])}`;
}

const born = new Set([
  ...Reflect.ownKeys(Object.prototype),
  ...Reflect.ownKeys(Array.prototype),
  ...Reflect.ownKeys(Function.prototype),
]);

/** Names that were added to what every object has. */
export function polluted(): readonly string[] {
  const now = [Object.prototype, Array.prototype, Function.prototype].flatMap((one) => Reflect.ownKeys(one));
  return now.filter((key) => !born.has(key)).map(String);
}
