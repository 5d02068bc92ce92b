import type { FrameMessage, ToFrame } from '../messages.ts';

interface Waiting {
  resolve(response: Response): void;
  reject(error: Error): void;
  body: ReadableStreamDefaultController<Uint8Array> | null;
}

type Method = Extract<FrameMessage, { type: 'request' }>['method'];

/** A `fetch` for a page without a network: the dashboard makes the request, and hands the answer over piece by piece. */
export function bridgedFetch(send: (message: FrameMessage) => void): {
  readonly fetch: typeof globalThis.fetch;
  hear(message: ToFrame): void;
} {
  const waiting = new Map<number, Waiting>();
  let last = 0;

  function drop(id: number): void {
    if (waiting.delete(id)) send({ type: 'drop', id });
  }

  function answer(one: Waiting, { id, status, headers }: Extract<ToFrame, { type: 'answered' }>): void {
    if ([204, 205, 304].includes(status)) {
      drop(id);
      return one.resolve(new Response(null, { status, headers }));
    }
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (one.body = controller),
        pull: () => send({ type: 'pull', id }),
        cancel: () => drop(id),
      },
      { highWaterMark: 0 },
    );
    one.resolve(new Response(body, { status, headers }));
  }

  function fail(id: number, one: Waiting, detail: string): void {
    waiting.delete(id);
    const error = new TypeError(detail);
    if (one.body) one.body.error(error);
    else one.reject(error);
  }

  return {
    fetch: (input, init = {}) =>
      new Promise((resolve, reject) => {
        const url = new URL(input instanceof Request ? input.url : input);
        const { body = null, signal } = init;
        if (body !== null && typeof body !== 'string')
          return reject(new TypeError('A view that is not trusted can send text only.'));
        if (signal?.aborted) return reject(signal.reason as Error);
        const id = (last += 1);
        const one: Waiting = { resolve, reject, body: null };
        waiting.set(id, one);
        signal?.addEventListener(
          'abort',
          () => {
            if (!waiting.has(id)) return;
            drop(id);
            one.body?.error(signal.reason);
            reject(signal.reason as Error);
          },
          { once: true },
        );
        const headers = Object.fromEntries(new Headers(init.headers));
        const method = (init.method ?? 'GET') as Method;
        send({ type: 'request', id, method, path: `${url.pathname}${url.search}`, headers, body });
      }),
    hear(message) {
      if (message.type !== 'answered' && message.type !== 'unanswered' && message.type !== 'piece') return;
      const one = waiting.get(message.id);
      if (!one) return;
      if (message.type === 'answered') answer(one, message);
      else if (message.type === 'unanswered') fail(message.id, one, message.detail);
      else if (message.bytes) one.body?.enqueue(message.bytes);
      else {
        waiting.delete(message.id);
        one.body?.close();
      }
    },
  };
}
