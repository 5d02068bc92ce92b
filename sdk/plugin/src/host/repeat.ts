import type { Clock } from '../context.ts';
import type { Logger } from '../log.ts';

/** Something that is done again and again. */
export interface Repeated {
  readonly label: string;
  readonly everyMs: number;
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Given to each run; aborted when the plugin goes. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Runs the work every `everyMs` of the clock, never overlapping, until stopped; stopping waits for the run that is under way. */
export function repeat({ label, everyMs, work, signal, log, clock }: Repeated): () => Promise<void> {
  const stopping = new AbortController();
  const rest = (): Promise<boolean> =>
    clock.sleep(everyMs, stopping.signal).then(
      () => !stopping.signal.aborted,
      () => false,
    );
  const runs = (async () => {
    while (await rest()) {
      try {
        await work(signal);
      } catch (error) {
        if (!signal.aborted) log.error({ error, label }, 'A repeated task failed; it is tried again at its next time');
      }
    }
  })();
  return () => {
    stopping.abort();
    return runs;
  };
}
