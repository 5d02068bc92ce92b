import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckResult, CheckTiming } from '../contracts/check-documents.ts';

/** Right after the start it is asked this often, so that a fast start is seen fast. */
const eagerMs = 50;
const eagerForMs = 3000;

/** One answer to the question how a replica is. */
export interface CheckAnswer {
  readonly good: boolean;
  readonly connected: boolean;
  readonly status: number | null;
  /** `null` when it is good. */
  readonly error: string | null;
}

/**
 * Asks again and again, as the timing says: until it is ready, or for as long as it stays healthy. `ask` is given a signal that
 * ends with the patience for one answer. Throws only for `signal`, or what `ask` throws.
 */
export async function keepAsking(
  timing: CheckTiming,
  ask: (signal: AbortSignal) => Promise<CheckAnswer>,
  signal: AbortSignal,
): Promise<CheckResult> {
  const startedAt = performance.now();
  const elapsed = (): number => Math.round(performance.now() - startedAt);
  const result = { healthy: false, connected: false, lastStatus: null, lastError: null, attempts: 0, tookMs: 0 };
  let known: CheckResult = result;
  let bad = 0;
  for (;;) {
    signal.throwIfAborted();
    const answer = await ask(AbortSignal.any([signal, AbortSignal.timeout(timing.timeoutMs)]));
    signal.throwIfAborted();
    bad = answer.good ? 0 : bad + 1;
    known = {
      healthy: answer.good,
      connected: known.connected || answer.connected,
      lastStatus: answer.status ?? known.lastStatus,
      lastError: answer.error ?? known.lastError,
      attempts: known.attempts + 1,
      tookMs: elapsed(),
    };
    if (timing.until === 'ready' && answer.good) return known;
    if (timing.until === 'steady' && bad >= timing.retries) return known;
    const left = timing.periodMs - known.tookMs;
    // A few bad answers within the patience are not yet a replica that is unhealthy.
    if (left <= 0) return timing.until === 'steady' ? { ...known, healthy: true } : known;
    const eager = timing.until === 'ready' && known.tookMs < eagerForMs;
    await sleep(Math.min(eager ? eagerMs : timing.intervalMs, timing.intervalMs, Math.max(left, 1)), undefined, {
      signal,
    });
  }
}
