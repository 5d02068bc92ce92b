/** One field that was wrong: where, and what about it. */
export interface FieldError {
  /** JSON pointer-like path, for example `/spec/replicas`. */
  readonly path: string;
  readonly message: string;
}

/** What a {@link ContainrError} is made of; the members of RFC 9457 that a person reads. */
export interface ErrorOptions {
  /** Stable, UPPER_SNAKE, `AREA_FACT`; callers compare by it. */
  readonly code: string;
  /** HTTP status that the fact maps to. */
  readonly status: number;
  /** What happened and why, in one sentence. */
  readonly detail: string;
  /** What to do about it, in one sentence. */
  readonly hint?: string;
  readonly errors?: readonly FieldError[];
  readonly cause?: unknown;
  /** Seconds until a new try makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/** The one error class: every failure that a person may see has a stable code, a sentence and a hint. */
export class ContainrError extends Error {
  override readonly name = 'ContainrError';
  readonly code: string;
  readonly status: number;
  readonly hint: string | undefined;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(options: ErrorOptions) {
    super(options.detail, { cause: options.cause });
    this.code = options.code;
    this.status = options.status;
    this.hint = options.hint;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** What a row of {@link defineErrors} says of a failure: everything but its code. */
export type ErrorText = Omit<ErrorOptions, 'code'>;

/**
 * Makes a package's table of errors: for each code a function that takes what its sentences name.
 * @example
 * export const errors = defineErrors({
 *   QUEUE_FULL: (queue: string) => ({ status: 503, detail: `${queue} takes no more.`, hint: 'Try again in a moment.' }),
 * });
 * throw errors.QUEUE_FULL('builds');
 */
export function defineErrors<T extends Readonly<Record<string, (...named: never[]) => ErrorText>>>(
  table: T,
): { readonly [Code in keyof T]: (...named: Parameters<T[Code]>) => ContainrError } {
  const rows = Object.entries(table).map(([code, text]) => [
    code,
    (...named: never[]) => new ContainrError({ ...text(...named), code }),
  ]);
  // Each code keeps the parameters of its own row.
  return Object.fromEntries(rows) as never;
}

/** Tells a {@link ContainrError} by its shape, so that a second copy of the package does not hide it. */
export function isContainrError(error: unknown): error is ContainrError {
  return error instanceof Error && error.name === 'ContainrError' && 'code' in error && 'status' in error;
}

/** 404, also for what the caller may not know of. */
export function notFound(what: string): ContainrError {
  return new ContainrError({
    code: 'NOT_FOUND',
    status: 404,
    detail: `There is no such ${what}.`,
    hint: `List what exists to find the right ${what}.`,
  });
}

/** 409: the request does not fit the present state. `code` starts with `CONFLICT`. */
export function conflict(code: `CONFLICT${string}`, detail: string, hint: string): ContainrError {
  return new ContainrError({ code, status: 409, detail, hint });
}

/** 422: understood, but a field's content is not acceptable. */
export function invalid(
  detail: string,
  errors: readonly FieldError[],
  hint = 'Correct the named fields and send it again.',
): ContainrError {
  return new ContainrError({ code: 'INVALID', status: 422, detail, hint, errors });
}
