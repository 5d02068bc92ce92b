import type { Logger } from '@containr/sdk';

/** Runs `work` every `everyMs`, never overlapping, until stopped; stopping waits for the run that is under way. */
export function repeat(
  label: string,
  everyMs: number,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  log: Logger,
): () => Promise<void> {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const run = async (): Promise<void> => {
    try {
      await work(signal);
    } catch (error) {
      if (!signal.aborted) log.error({ error, label }, 'A repeated task failed; it is tried again at its next time');
    }
    if (!stopped) next();
  };
  const next = (): void => {
    timer = setTimeout(() => void (running = run()), everyMs);
  };
  next();
  return () => {
    stopped = true;
    clearTimeout(timer);
    return running;
  };
}
