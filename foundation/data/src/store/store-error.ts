import { ContainrError, isContainrError } from '@containr/sdk';

const passing = /^(08...|40001|40P01|53300|55P03|57P0[1-3]|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT)$/;
const broken =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/;

/** Makes a failure that a new try may cure `DEPENDENCY_DOWN` (503); others, such as unique violations, stay as they are. */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || isContainrError(error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (!passing.test(code) && !broken.test(error.message)) return error;
  return new ContainrError({
    code: 'DEPENDENCY_DOWN',
    status: 503,
    detail: `The database could not finish this now: ${error.message}.`,
    hint: 'Try again in a moment.',
    cause: error,
    retryAfterSeconds: 1,
  });
}

/** Whether a write failed because a unique value is taken; `constraint` narrows it to one. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '23505') return false;
  return constraint === undefined || ('constraint' in error && error.constraint === constraint);
}
