/** One field that was wrong: where, and what about it. */
export interface ApiFieldError {
  readonly path: string;
  readonly message: string;
}

/** The members of a problem document (RFC 9457) that Containr sends. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly hint: string | null;
  readonly errors: readonly ApiFieldError[];
  readonly requestId: string | null;
}

/** An answer that was no success; `code` is stable, `detail` and `hint` are for people. Code `UNREACHABLE`: no answer at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint: string | null;
  readonly errors: readonly ApiFieldError[];
  readonly requestId: string | null;
  /** Seconds until a new try makes sense; `null` when the server did not say. */
  readonly retryAfterSeconds: number | null;

  constructor(problem: Problem, options: { cause?: unknown; retryAfterSeconds?: number | null } = {}) {
    super(problem.detail, { cause: options.cause });
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.detail = problem.detail;
    this.hint = problem.hint;
    this.errors = problem.errors;
    this.requestId = problem.requestId;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

/** Tells an {@link ApiError} by its shape, so that a second copy of the package does not hide it. */
export function isApiError(error: unknown): error is ApiError {
  return error instanceof Error && error.name === 'ApiError' && 'code' in error && 'status' in error;
}

/** An {@link ApiError} for a server that gave no answer. */
export function unreachable(address: string, cause: unknown): ApiError {
  return new ApiError(
    {
      status: 0,
      title: 'No answer',
      detail: `${address} did not answer.`,
      code: 'UNREACHABLE',
      hint: 'Check that the control plane runs and that this address reaches it.',
      errors: [],
      requestId: null,
    },
    { cause },
  );
}

/** Reads an answer that was no success into an {@link ApiError}, whatever its body is. */
export async function problemOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  const body = parsed(text);
  const word = (key: string) => (typeof body[key] === 'string' ? body[key] : null);
  const retryAfter = Number(response.headers.get('retry-after'));
  return new ApiError(
    {
      status: response.status,
      title: word('title') ?? (response.statusText || `Status ${response.status}`),
      detail: word('detail') ?? `The server answered ${response.status} without an explanation.`,
      code: word('code') ?? `HTTP_${response.status}`,
      hint: word('hint'),
      errors: fieldErrors(body['errors']),
      requestId: word('requestId') ?? response.headers.get('x-request-id'),
    },
    { retryAfterSeconds: Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null },
  );
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function fieldErrors(value: unknown): ApiFieldError[] {
  if (!Array.isArray(value)) return [];
  const word = (item: unknown) => (typeof item === 'string' ? item : '');
  return value.filter(isRecord).map((error) => ({ path: word(error['path']), message: word(error['message']) }));
}
