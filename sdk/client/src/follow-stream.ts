import { isApiError } from './api-error.ts';
import type { StreamOptions } from './client.ts';
import type { ServerEvent } from './server-sent-events.ts';
import { readEvents } from './server-sent-events.ts';

const firstPauseMs = 300;
const longestPauseMs = 10_000;

/** Follows a stream over losses: each new connection goes on after the last id. Refusals (4xx) are thrown, losses are not. */
export async function* followStream<T>(
  connect: (lastEventId: string | null, signal: AbortSignal) => Promise<Response>,
  options: StreamOptions,
): AsyncGenerator<ServerEvent<T>> {
  let lastEventId = options.lastEventId ?? null;
  let pauseMs = firstPauseMs;
  let failures = 0;
  while (!options.signal?.aborted) {
    let lost: Error;
    const silence = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, silence.signal]) : silence.signal;
    const watchdog = watch(silence, options.silenceMs ?? 45_000);
    try {
      const response = await connect(lastEventId, signal);
      watchdog.alive();
      options.onState?.({ state: 'open' });
      failures = 0;
      if (response.body) {
        for await (const frame of readEvents(response.body, watchdog.alive)) {
          if (frame.id !== null) lastEventId = frame.id;
          if (frame.retryMs !== null) pauseMs = frame.retryMs;
          if (frame.event === 'end') return;
          // The server is about to close and says from where to go on; that is the id we keep anyway.
          if (frame.event === 'resume') continue;
          if (frame.data !== null) yield { id: frame.id, event: frame.event, data: frame.data as T };
        }
      }
      lost = new Error('The server ended the stream.');
    } catch (error) {
      if (options.signal?.aborted) return;
      if (isApiError(error) && error.status >= 400 && error.status < 500 && error.status !== 429) throw error;
      lost = error instanceof Error ? error : new Error(String(error));
    } finally {
      watchdog.stop();
      silence.abort();
    }
    if (options.reconnect === false) return;
    const retryInMs = Math.min(longestPauseMs, pauseMs * 2 ** failures);
    failures += 1;
    options.onState?.({ state: 'lost', error: lost, retryInMs });
    await pause(retryInMs, options.signal);
  }
}

function watch(controller: AbortController, ms: number): { readonly alive: () => void; readonly stop: () => void } {
  let timer = setTimeout(() => controller.abort(), ms);
  return {
    alive() {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), ms);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
