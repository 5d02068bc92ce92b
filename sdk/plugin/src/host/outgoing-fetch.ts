/**
 * `fetch` whose failure says what failed: the origin, which may be told, and the cause's own words. The path stays unsaid, for
 * addresses of webhooks are secrets. The error is a `TypeError` with the same cause, as `fetch` throws it.
 */
export const outgoingFetch: typeof globalThis.fetch = async (input, init) => {
  try {
    return await globalThis.fetch(input, init);
  } catch (error) {
    if (!(error instanceof TypeError) || error.cause === undefined) throw error;
    throw new TypeError(`${originOf(input)} could not be reached: ${wordsOf(error.cause)}`, { cause: error.cause });
  }
};

function originOf(input: Parameters<typeof globalThis.fetch>[0]): string {
  const text = input instanceof Request ? input.url : String(input);
  return URL.canParse(text) ? new URL(text).origin : 'The address';
}

/** Of several addresses that failed, the error has a code and no message. */
function wordsOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.message !== '') return cause.message;
  const failures = cause instanceof AggregateError ? (cause.errors as readonly unknown[]) : [];
  const first = failures.find((one) => one instanceof Error);
  return first?.message ?? ('code' in cause ? String(cause.code) : cause.name);
}
