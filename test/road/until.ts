import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until there is an answer; rejects at the deadline with what was waited for and the last error. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
  everyMs = 100,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await sleep(everyMs);
  }
  throw new Error(`Waited ${timeoutMs} ms until ${what}${last instanceof Error ? `; last: ${last.message}` : ''}`);
}
