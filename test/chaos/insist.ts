import { setTimeout as sleep } from 'node:timers/promises';
import { isApiError } from '@containr/client';

/** Asks again while nobody answers or the answer is that it cannot be just now, as whoever uses the API through a crash does. */
export async function insist<T>(what: string, ask: () => Promise<T>, timeoutMs = 60_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > end || !passes(error))
        throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      await sleep(100);
    }
  }
}

function passes(error: unknown): boolean {
  return (
    isApiError(error) && (error.code === 'UNREACHABLE' || error.code === 'CONFLICT_IDEMPOTENT' || error.status >= 500)
  );
}
